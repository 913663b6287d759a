import FoundationEssentials
import TestSupport
import Testing

@testable import Host

@Suite("calm data convert") struct DataConvertTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  private func convert(_ arguments: String...) throws -> Lab.Answer { try lab.calm(["data", "convert"] + arguments) }

  @Test func columnsBecomeJSONLinesAndColumnsAgain() throws {
    let columns = "Anna\tB-PER\nLind\tI-PER\n\"sings\\\tO\n\n😀\tB-X-Y\n\n"
    try lab.write(columns, to: "a.conll")
    let json = try convert(lab.path("a.conll"), "--to", "jsonl")
    #expect(json.code == 0 && json.output.split(separator: "\n").count == 2, "\(json.errors)")
    #expect(json.output.hasPrefix(#"{"ner_tags":["B-PER","I-PER","O"],"tokens":["Anna","Lind","\"sings\\"]}"#))
    try lab.write(json.output, to: "a.jsonl")
    #expect(try convert(lab.path("a.jsonl")).output == columns)
    let written = try convert(lab.path("a.jsonl"), "-o", lab.path("again.conll"))
    #expect(try written.output.isEmpty && Array(lab.bytes("again.conll")) == Array(columns.utf8))
  }

  @Test func schemesDocumentsAndOtherColumns() throws {
    try lab.write(
      "-DOCSTART- -X- O\n\nAnna NNP I-PER\nLind NNP I-PER\nBo NNP B-PER\n\n-DOCSTART- -X- O\n\nit PRP O\n", to: "a.txt")
    let told = try convert(lab.path("a.txt"), "--scheme", "bioes")
    #expect(
      told.output == "-DOCSTART-\tO\n\nAnna\tB-PER\nLind\tE-PER\nBo\tS-PER\n\n-DOCSTART-\tO\n\nit\tO\n\n", "\(told.errors)")
    try lab.write("# 1\na I-X\nb I-Y\n", to: "stray.conll")
    let refused = try convert(lab.path("stray.conll"), "--scheme", "bioes", "--comment", "#", "--tag", "2")
    #expect(refused.code == 0, "IOB1 begins with I-")
    try lab.write("a B-X\nb I-Y\n", to: "stray.conll")
    let stray = try convert(lab.path("stray.conll"), "--scheme", "bioes")
    #expect(stray.code == 3 && stray.errors.contains("stray.conll:2"), "\(stray.errors)")
    #expect(try convert(lab.path("stray.conll"), "--scheme", "iob2", "--repair").output == "a\tB-X\nb\tB-Y\n\n")
    #expect(try convert(lab.path("stray.conll")).output == "a\tB-X\nb\tI-Y\n\n", "without a scheme tags are as they are")
  }

  @Test func numbersNeedNames() throws {
    try lab.write("{\"id\": 1, \"tokens\": [\"Anna\", \"sings\"], \"ner_tags\": [1, 0]}\n\n", to: "a.jsonl")
    #expect(try convert(lab.path("a.jsonl"), "--names", "O, B-PER").output == "Anna\tB-PER\nsings\tO\n\n")
    for (names, word) in [([], "--names"), (["--names", "O"], "among 1 names")] {
      let told = try lab.calm(["data", "convert", lab.path("a.jsonl")] + names)
      #expect(told.code == 3 && told.errors.contains("a.jsonl:1") && told.errors.contains(word), "\(told.errors)")
    }
  }

  @Test(arguments: [
    #"{"tokens": ["a"], "ner_tags": ["O", "O"]}"#, #"{"tokens": ["a"]}"#, #"{"tokens": "a", "ner_tags": ["O"]}"#, "{", "[]",
  ])
  func faultsNameTheirLine(line: String) throws {
    try lab.write(#"{"tokens": ["a"], "tags": ["O"]}"# + "\n" + line + "\n", to: "a.jsonl")
    let told = try convert(lab.path("a.jsonl"))
    #expect(told.code == 3 && told.errors.contains("a.jsonl:2") && told.output.isEmpty, "\(told.errors)")
  }

  /// What has no place in a column file is refused, not broken.
  @Test func wordsWithSpaces() throws {
    try lab.write(#"{"tokens": ["New York"], "ner_tags": ["O"]}"#, to: "a.jsonl")
    let told = try convert(lab.path("a.jsonl"), "-o", lab.path("out.conll"))
    #expect(told.code == 3 && told.errors.contains("New York"), "\(told.errors)")
    #expect(!FileManager.default.fileExists(atPath: lab.path("out.conll")))
  }
}
