import FoundationEssentials
import Testing

@testable import ContextFiles

private func read(_ text: String) throws -> StoredContexts { try parseContexts(Array(text.utf8), path: "f") }

private func message(_ work: () throws -> Void) -> String {
  do {
    try work()
    return ""
  } catch {
    return "\(error)"
  }
}

@Suite struct JSONContextsTests {
  private let document = """
    {
        "prompt": "Tell me about {x}",
        "data": [
            {"text": "a b", "generated_context": "c\\u00e9 \\ud83d\\ude00.d"},
            {"generated_context": "", "text": "e", "other": [1, {"k": null}]},
            {"text": "f", "generated_context": null}
        ]
    }
    """

  @Test func readsTheDocument() throws {
    let stored = try read(document)
    #expect(stored.format == .json)
    #expect(stored.prompt == "Tell me about {x}")
    #expect(
      stored.records == [
        StoredContext(text: "a b", context: "cé 😀.d", line: 1), StoredContext(text: "e", context: "", line: 2),
        StoredContext(text: "f", context: "", line: 3, isMissing: true),
      ])
  }

  @Test func layoutDoesNotMatter() throws {
    let records = try read(document).records
    let flat = document.split(separator: "\n").joined()
    #expect(try read(flat).records == records)
    #expect(try read("\u{FEFF}\n \(flat)\n\n").records == records)
    let noPrompt = try read(#"{"data": [{"text": "a", "generated_context": "b"}]}"#)
    #expect(noPrompt.prompt == nil && noPrompt.records.count == 1)
    #expect(try read(#"[{"text": "a", "generated_context": "b"}]"#).records == noPrompt.records)
    #expect(try read(#"{"prompt": "p", "data": []}"#).records.isEmpty)
  }

  @Test func readsARecordALine() throws {
    let first = #"{"text": "a", "generated_context": "b"}"#, second = #"{"text":"c","generated_context":"{"}"#
    let stored = try read("\(first)\n\n\(second)\r\n")
    #expect(stored.format == .jsonLines)
    #expect(
      stored.records == [StoredContext(text: "a", context: "b", line: 1), StoredContext(text: "c", context: "{", line: 3)])
    #expect(try read(#"{"text": "a"}"#).records == [StoredContext(text: "a", context: "", line: 1, isMissing: true)])
  }

  @Test func faultsNameFileAndPlace() {
    #expect(message { _ = try read(String(document.dropLast(20))) }.hasPrefix("f: not valid JSON"))
    #expect(message { _ = try read(#"{"text": "a"}"# + "\n" + #"{"txt": "b"}"#) }.hasPrefix("f:2: `text` is missing"))
    #expect(message { _ = try read(#"{"text": "a"# + "\n" + #"{"text": "b"}"#) }.hasPrefix("f:1: not valid JSON"))
    #expect(message { _ = try read(#"{"data": [{"text": 1}]}"#) }.hasPrefix("f: `data.[0].text`"))
    #expect(message { _ = try read(#"{"data": [{"context": "x"}]}"#) }.hasPrefix("f: `text` is missing in data.[0]"))
    #expect(message { _ = try read(#"{"prompt": "x"}"#) }.hasPrefix("f: `data` is missing"))
    #expect(message { _ = try read(" \n") } == "f: the file is empty")
    #expect(message { _ = try readContexts(path: "/nowhere/x") } == "/nowhere/x: cannot be read: No such file or directory")
  }
}

@Suite struct ColumnContextsTests {
  @Test func sentenceAndContextArePartedAtEOS() throws {
    let stored = try read("a\tO\nb\tB-x\n<EOS> B-X\nc B-X\nd B-X\n\ne\tO\n\n\n<EOS>\tO\nX\tO\n<EOS> S-X\n<EOS> S-X\nf X\n")
    #expect(stored.format == .columns)
    #expect(
      stored.records == [
        StoredContext(text: "a b", context: "c d", line: 1), StoredContext(text: "e", context: "", line: 7),
        StoredContext(text: "<EOS> X", context: "<EOS> f", line: 10),
      ])
  }

  @Test func bracesAreWords() throws {
    #expect(try read("{ O\n} O\n<EOS> X\nx X\n").records == [StoredContext(text: "{ }", context: "x", line: 1)])
    #expect(try read("[ O\n[ O\n").records == [StoredContext(text: "[ [", context: "", line: 1)])
  }

  @Test func lineEndsAndBlanksDoNotMatter() throws {
    let stored = try read("\u{FEFF}a O\r\n<EOS> B-X\r\nb B-X\r\n\t\r\nc O")
    #expect(stored.records.map(\.text) == ["a", "c"])
    #expect(stored.records.map(\.context) == ["b", ""])
  }

  @Test func emptyTokensOfAContextAreNone() throws {
    #expect(try read("a O\n<EOS> B-X\nb B-X\n B-X\nc B-X\n").records.map(\.context) == ["b c"])
    #expect(message { _ = try read("a O\n B-X\n") }.hasPrefix("f:2: neither JSON nor columns"))
  }

  @Test func faultsNameTheLine() {
    #expect(message { _ = try read("a O\nb\n") }.hasPrefix("f:2: neither JSON nor columns"))
    #expect(message { _ = try read("a O\nb B-X\n") }.hasPrefix("f:2: `b` is tagged as a context's"))
    #expect(message { _ = try read("a O\n<EOS> B-X\nb B-X\nc O\n") }.hasPrefix("f:4: `c` stands in a context"))
    #expect(message { _ = try parseContexts([0x61, 0x20, 0x4F, 0x0A, 0xFF, 0x20, 0x4F], path: "f") } == "f:2: not UTF-8")
  }
}

@Suite struct GzipTests {
  /// `{"text": "a b", "generated_context": "c"}` and a line feed.
  private let small = Array(
    Data(base64Encoded: "H4sIAAAAAAACA6tWKkmtKFGyUlBKVEhS0lFQSk/NSy1KLElNiU/Oz4PJJSvVcgEA7gwXKioAAAA=") ?? Data())
  private let records = [StoredContext(text: "a b", context: "c", line: 1)]

  @Test func contentTells() throws {
    #expect(try parseContexts(small, path: "plain.json").records == records)
  }

  @Test func membersFollowOneAnother() throws {
    #expect(try parseContexts(small + small, path: "f").records.count == 2)
    #expect(try parseContexts(small + [0, 0, 0], path: "f").records == records)
    #expect(message { _ = try parseContexts(small + [1, 2], path: "f") } == "f: it has 2 bytes behind its gzipped content")
  }

  @Test func everyTruncationIsAnErrorThatNamesTheFile() {
    for length in 2..<small.count {
      let found = message { _ = try parseContexts(Array(small[..<length]), path: "f.gz") }
      #expect(found.hasPrefix("f.gz: the gzipped content is "), "\(length)")
    }
  }

  /// Whatever the bytes are, they are contexts or a fault that names the file.
  @Test func anyBytesAreReadOrRefused() {
    let pieces = [
      "{", "\"text\"", ":", "\"a\"", ",", "\"data\"", "[", "]", "}", "\n", "a O", " B-X", "<EOS>", "\t", "\r", "\u{FEFF}",
      "\\ud800",
      "\u{1F}\u{8B}",
    ]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<15)).flatMap { _ in Array((pieces.randomElement() ?? "").utf8) }
      let found = message { _ = try parseContexts(bytes, path: "f") }
      #expect(found.isEmpty || found.hasPrefix("f:"), "\(bytes)")
    }
  }

  @Test func damageIsAnError() {
    for i in 10..<small.count {
      var bytes = small
      bytes[i] ^= 0x10
      // A flipped bit may copy the same text from another place; then nothing is lost.
      var found: [StoredContext] = []
      let fault = message { found = try parseContexts(bytes, path: "f").records }
      #expect(found == records || fault.hasPrefix("f: "), "\(i)")
    }
  }

  @Test func growthIsLimited() {
    let bytes = message { _ = try parseContexts(small, path: "f", limits: .init(bytes: 41)) }
    #expect(bytes == "f: it decompresses to more than 41 bytes")
    let many = Array(repeating: small, count: 50).flatMap { $0 }
    #expect(message { _ = try parseContexts(many, path: "f", limits: .init(ratio: 1, free: 0)) } == "")
    let ratio = message { _ = try parseContexts(Self.zeros, path: "f", limits: .init(ratio: 20, free: 100)) }
    #expect(ratio == "f: it decompresses to more than 20 times its size")
  }

  /// 64 KiB of zeros.
  private static let zeros = Array(
    Data(
      base64Encoded:
        "H4sIAAAAAAACA+3BAQEAAACAkP6v7ggKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAauuOl9cAAAEA"
    ) ?? Data())
}

@Suite struct PairingCheckTests {
  @Test(arguments: [
    ("\u{201C} a \u{201D}", "`` a ''"), ("\u{201C} a \u{201D}", "\" a \""), ("I \u{2019} ve", "I ' ve"),
    ("Dubbz\u{FEFF}", "Dubbz"),
    ("a  b\u{A0}c ", " a b c"), ("x\u{200B}y", "xy"), ("\u{2018}a\u{2019}", "'a'"), ("` a", "' a"),
  ])
  func quotesMarksAndWhiteSpaceDoNotMatter(a: String, b: String) {
    #expect(PairingCheck.normalised(a) == PairingCheck.normalised(b))
  }

  @Test(arguments: [("a", "b"), ("a b", "ab"), ("a", "A"), ("\"", "'"), ("\u{E9}", "e")])
  func lettersMatter(a: String, b: String) {
    #expect(PairingCheck.normalised(a) != PairingCheck.normalised(b))
  }

  private func stored(_ texts: [String]) -> StoredContexts {
    StoredContexts(
      path: "f", format: .json, records: texts.enumerated().map { StoredContext(text: $1, context: "", line: $0 + 1) })
  }

  @Test func fewDifferencesAreListed() throws {
    let texts = (0..<40).map { "sentence \($0)" }
    var other = texts
    (other[7], other[9]) = ("x", "y")
    let check = try PairingCheck.check(texts, against: stored(other))
    #expect(check.compared == 40)
    #expect(check.differences.map(\.index) == [7, 9])
    #expect(check.differences.map(\.stored) == ["x", "y"])
    other[11] = "z"
    let found = message { _ = try PairingCheck.check(texts, against: stored(other)) }
    #expect(found.hasPrefix("f: 3 of 40 sentences differ"))
    #expect(found.contains("the first is sentence 7: `sentence 7`, but the file has `x`"))
  }

  @Test func countsMustAgree() {
    let found = message { _ = try PairingCheck.check(["a", "b"], against: stored(["a"])) }
    #expect(found == "f: it holds 1 contexts, but there are 2 sentences")
  }

  @Test func documentMarksMayHaveContextsToo() throws {
    let with = stored(["-DOCSTART-", "a", "-DOCSTART-", "b"])
    #expect(try with.aligned(to: 2).map(\.line) == [2, 4])
    #expect(try with.aligned(to: 4).count == 4)
    #expect(throws: ContextFileError.self) { try with.aligned(to: 3) }
  }
}

@Suite("JSON in odd lines")
struct JSONLayoutTests {
  /// A record a line inside one document is still one document.
  @Test func recordsOnLinesOfTheirOwn() throws {
    let text = """
      {"prompt": "p", "data": [{"text": "a", "generated_context": "x"},
      {"text": "b", "generated_context": ""}]}
      """
    let stored = try parseContexts(Array(text.utf8), path: "contexts.json")
    #expect(stored.records.map(\.text) == ["a", "b"])
    #expect(stored.prompt == "p")
  }
}
