import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

@Suite struct ColumnFileTests {
  @Test func readsTokenAndLastColumn() throws {
    let data = try parsed("EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n")
    #expect(data.sentences.map(\.words) == [["EU", "rejects"], ["Peter"]])
    #expect(data.sentences.map(\.tags) == [["B-ORG", "O"], ["B-PER"]])
    #expect(data.sentences.map(\.line) == [1, 4])
    #expect(data.tokenCount == 3)
    #expect(data.name == "data.conll")
    #expect(data.sentences[0].text == "EU rejects")
  }

  @Test func columnsAreChosenByNumber() throws {
    let data = try parsed("1 EU B-ORG x\n2 rejects O x\n", columns: .init(token: 2, tag: 3))
    #expect(data.sentences == [Sentence(words: ["EU", "rejects"], tags: ["B-ORG", "O"], line: 1, document: 0)])
  }

  /// As in corpora that begin each sentence with `# id …`.
  @Test func commentsArePassedOverWhereTheyAreAskedFor() throws {
    let text = "# id 7 domain=en\na O\n\n# id 8 domain=en\n# O\n#b B-X\n"
    let data = try parsed(text, columns: .init(comment: "# id"))
    #expect(data.sentences.map(\.words) == [["a"], ["#", "#b"]] && data.sentences.map(\.line) == [2, 5])
    #expect(throws: Diagnostics.self) { try parsed(text) }
  }

  /// Corpora of a single type have letters alone; among tags with types such a one was cut.
  @Test func lettersAloneHaveTheTypeThatScorersGiveThem() throws {
    let data = try parsed("a B\nb I\nc O\n\nd B\n")
    #expect(data.sentences.map(\.tags) == [["B-_", "I-_", "O"], ["B-_"]])
    #expect(try data.converted(to: .bioes).sentences.map(\.tags) == [["B-_", "E-_", "O"], ["S-_"]])
    let cut = faults { _ = try parsed("a B\nb B-PER\n").converted(to: .iob2) }
    #expect(cut.first?.mark?.line == 1 && cut.first?.message.contains("`B` is no tag") == true)
  }

  @Test func tabsAndRunsOfSpacesSeparate() throws {
    let data = try parsed("EU\tB-ORG\nrejects   O  \n Peter \t B-PER\n")
    #expect(data.sentences.map(\.words) == [["EU", "rejects", "Peter"]])
    #expect(data.sentences.map(\.tags) == [["B-ORG", "O", "B-PER"]])
  }

  @Test(arguments: ["", "\t", " ", " \t ", "\r", "\t\r"])
  func whiteSpaceAloneEndsASentence(separator: String) throws {
    let data = try parsed("a O\n\(separator)\nb O\n\(separator)\n\(separator)\nc O")
    #expect(data.sentences.map(\.words) == [["a"], ["b"], ["c"]])
    #expect(data.sentences.map(\.line) == [1, 3, 6])
  }

  @Test func carriageReturnsAndByteOrderMarkAreNoContent() throws {
    let data = try parsed("\u{FEFF}a O\r\nb B-X\r\n\r\nc O")
    #expect(data.sentences.map(\.words) == [["a", "b"], ["c"]])
    #expect(data.sentences.map(\.tags) == [["O", "B-X"], ["O"]])
    #expect(data.sentences[0].words[0].unicodeScalars.count == 1)
  }

  @Test(arguments: ["\u{FE0F}", "\u{200B}", "\u{A0}", "\u{3000}", "\u{2028}", "watched\u{200B}was", "Dubbz\u{FEFF}", "\u{85}"])
  func onlyAsciiSpaceAndTabSeparate(word: String) throws {
    for separator in [" ", "\t"] {
      let data = try parsed("\(word)\(separator)O\nb\(separator)O\n")
      #expect(data.sentences.map { $0.words.map { Array($0.utf8) } } == [[Array(word.utf8), [0x62]]])
    }
    let words = try ColumnFile.readWords(Array("a\n\(word)\n\nb".utf8), path: "x")
    #expect(words.map { $0.map { Array($0.utf8) } } == [[[0x61], Array(word.utf8)], [[0x62]]])
  }

  @Test func documentsAreCountedAndSkipped() throws {
    let start = "-DOCSTART- -X- -X- O\n"
    let data = try parsed("\(start)\na N N O\n\nb N N O\n\(start)c N N O\n\n\(start)\n\(start)\nd N N O\n")
    #expect(data.sentences.map(\.words) == [["a"], ["b"], ["c"], ["d"]])
    #expect(data.sentences.map(\.document) == [0, 0, 1, 3])
    #expect(data.documentCount == 4)
    #expect(data.sentences.map(\.line) == [3, 5, 7, 13])
  }

  @Test func sentencesBeforeTheFirstMarkAreADocument() throws {
    let data = try parsed("a O\n\n-DOCSTART- O\n\nb O\n")
    #expect(data.sentences.map(\.document) == [0, 1])
    #expect(data.documentCount == 2)
    #expect(try parsed("a O\n").documentCount == 0)
  }

  @Test func missingColumnsAreFaultsWithTheirLines() {
    let text = "a O\nb\n\nc O\nd\n"
    #expect(faults { _ = try parsed(text) }.places == ["D201:2", "D201:5"])
    #expect(faults { _ = try parsed("a x O\nb O\n") }.places == ["D201:2"])
    #expect(faults { _ = try parsed("a O\nNew York B-LOC\n") }.places == ["D201:2"])
    #expect(faults { _ = try parsed("a O\nb O\n", columns: .init(token: 1, tag: 4)) }.places == ["D201:1", "D201:2"])
    #expect(faults { _ = try parsed("a O\n", columns: .init(token: 0)) }.places == ["D201:1"])
    #expect(faults { _ = try parsed("a O\n", columns: .init(token: 1, tag: 0)) }.places == ["D201:1"])
    // By number, further columns are none of our business.
    #expect(faults { _ = try parsed("a O\nb O 0.9\n", columns: .init(token: 1, tag: 2)) }.isEmpty)
  }

  @Test func manyFaultsAreCounted() {
    let found = faults { _ = try parsed("a O\n" + String(repeating: "b\n", count: 500)) }
    #expect(found.count == 20)
    #expect(found.last?.notes == ["and 480 more"])
  }

  @Test func bytesThatAreNoTextAreFaultsWithTheirLines() {
    let bytes: [UInt8] = Array("a O\n".utf8) + [0xE9, 0x20, 0x4F, 0x0A] + Array("b O\nc".utf8) + [0x20, 0xC3, 0x0A]
    #expect(faults { _ = try ColumnFile.parse(bytes, path: "x") }.places == ["D208:2", "D208:4"])
    let gzip = faults { _ = try ColumnFile.parse([0x1F, 0x8B, 8, 0], path: "x") }
    #expect(gzip.first?.hint?.contains("gzip") == true)
    let wide = faults { _ = try ColumnFile.parse([0xFF, 0xFE, 0x61, 0], path: "x") }
    #expect(wide.first?.hint?.contains("UTF-16") == true)
  }

  @Test(arguments: ["", "\n\n", "\u{FEFF}", "-DOCSTART- O\n\n"])
  func aFileWithoutSentencesIsAFault(text: String) {
    #expect(faults { _ = try parsed(text) }.places == ["D204:1"])
    #expect(faults { _ = try ColumnFile.readWords(Array(text.utf8), path: "x") }.isEmpty)
  }

  @Test func aMissingFileIsAFault() {
    let found = faults { _ = try ColumnFile.read(path: "/nowhere/at/all.conll") }
    #expect(found.map(\.code) == ["D207"])
    #expect(found.first?.message.contains("/nowhere/at/all.conll") == true)
    #expect(faults { _ = try ColumnFile.read(path: "/") }.map(\.code) == ["D207"])
  }

  /// Whatever the bytes are, they are sentences with a tag a word, or faults.
  @Test func anyBytesAreReadOrRefused() throws {
    let pieces: [[UInt8]] = ["a", " O", "\tB-X", "\n", "\n\n", "\r\n", "-DOCSTART-", "\u{FEFF}", "\u{200B}", "\0"].map {
      Array($0.utf8)
    }
    var random = RandomStream(seed: 1, "bytes")
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<20, using: &random) {
        bytes += pieces.randomElement(using: &random) ?? []
        if Int.random(in: 0..<40, using: &random) == 0 { bytes.append(UInt8.random(in: 0...255, using: &random)) }
      }
      var data = Dataset(path: "x", sentences: [])
      let found = faults { data = try ColumnFile.parse(bytes, path: "x") }
      #expect(found.allSatisfy { ["D201", "D204", "D208"].contains($0.code) })
      #expect(found.isEmpty != data.sentences.isEmpty)
      #expect(data.sentences.allSatisfy { $0.words.count == $0.tags.count && !$0.words.isEmpty })
    }
  }

  @Test func wordsAloneNeedNoTags() throws {
    let data = try ColumnFile.parseUnlabelled(Array("a\nb O\n\n-DOCSTART-\n\nc x y".utf8), path: "x")
    #expect(data.sentences.map(\.words) == [["a", "b"], ["c"]])
    #expect(data.sentences.allSatisfy { $0.tags.isEmpty })
    let found = faults { _ = try ColumnFile.readWords(Array("a b\nc\n".utf8), path: "x", token: 2) }
    #expect(found.places == ["D201:2"])
  }
}

@Suite struct ColumnWriterTests {
  private let text = "-DOCSTART- O\n\na B-X\nb O\n\n-DOCSTART- O\n\n\u{FE0F} O\n\n"

  @Test func whatIsWrittenReadsBackTheSame() throws {
    let data = try parsed(text)
    #expect(try ColumnFile.text(data.sentences, documents: true) == text)
    #expect(try ColumnFile.text(data.sentences) == "a B-X\nb O\n\n\u{FE0F} O\n\n")
  }

  @Test func predictionsStandBesideGold() throws {
    let data = try parsed(text)
    let predicted = [["O", "S-X"], ["O"]]
    #expect(try ColumnFile.text(data.sentences, predictions: predicted) == "a B-X O\nb O S-X\n\n\u{FE0F} O O\n\n")
    let unlabelled = [Sentence(words: ["a", "b"], tags: [], line: 1, document: 0)]
    #expect(try ColumnFile.text(unlabelled, predictions: [["O", "S-X"]], separator: "\t") == "a\tO\nb\tS-X\n\n")
  }

  @Test func whatCannotBeReadBackIsRefused() {
    let sentence = Sentence(words: ["a b"], tags: ["O"], line: 1, document: 0)
    #expect(faults { _ = try ColumnFile.text([sentence]) }.map(\.code) == ["D201"])
    let short = Sentence(words: ["a", "b"], tags: ["O"], line: 1, document: 0)
    #expect(faults { _ = try ColumnFile.text([short]) }.map(\.code) == ["D209"])
    #expect(faults { _ = try ColumnFile.text(try parsed("a O").sentences, predictions: []) }.map(\.code) == ["D209"])
  }

  @Test func aFileIsReplacedAsAWhole() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "calm-columns-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/out.conll"
    try ColumnFile.write(parsed("old O").sentences, to: path)
    try ColumnFile.write(parsed(text).sentences, predictions: [["O", "O"], ["O"]], to: path)
    #expect(try ColumnFile.read(path: path, columns: .init(tag: 2)).sentences.map(\.tags) == [["B-X", "O"], ["O"]])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.conll"])
    #expect(faults { try ColumnFile.write([], to: "/nowhere/at/all") }.map(\.code) == ["S601"])
  }
}
