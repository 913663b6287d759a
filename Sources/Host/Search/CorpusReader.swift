import ContextFiles
import FoundationEssentials
import PluginAPI
import SearchIndex

/// How the documents of a file are written.
enum CorpusFormat: String, CaseIterable {
  /// JSON objects, a line each or in one array, with `id`, `title` and `text`.
  case jsonl
  /// A document a line.
  case lines
  /// Documents between blank lines.
  case paragraphs
  /// Column files, a document a sentence.
  case conll
}

/// Reads the documents of corpus files, gzipped or not.
///
/// Documents of other files than JSON get an id of the file's name and their place in it, so that a file that is read again
/// replaces its own documents.
struct CorpusReader {
  /// nil: each file's content and name tell.
  var format: CorpusFormat?

  /// Calls `body` for each document with the share of the file that was read. `name` is what ids begin with.
  func documents(of path: String, name: String, _ body: (Document, _ read: Double) throws -> Void) throws {
    let bytes: [UInt8]
    do { bytes = try readPlain(path) } catch { throw Diagnostic("D211", "\(error)") }
    switch format ?? Self.format(of: bytes, name: name) {
    case .jsonl: try objects(bytes, path, body)
    case .lines: try texts(bytes, path, name, atBlankLines: false, body)
    case .paragraphs: try texts(bytes, path, name, atBlankLines: true, body)
    case .conll:
      let sentences = try ColumnFile.readWords(bytes, path: path)
      for (i, words) in sentences.enumerated() {
        let document = Document(id: "\(name):\(i)", title: "", text: words.joined(separator: " "))
        try body(document, Double(i + 1) / Double(sentences.count))
      }
    }
  }

  private static func format(of bytes: [UInt8], name: String) -> CorpusFormat {
    let first = firstByte(bytes), isJSON = name.hasSuffix(".json") || name.hasSuffix(".json.gz")
    // A text may well begin with a bracket.
    if first == UInt8(ascii: "{") || (first == UInt8(ascii: "[") && isJSON) { return .jsonl }
    let columns = [".conll", ".conll.gz", ".tsv", ".tsv.gz", ".iob", ".bio"]
    return columns.contains { name.hasSuffix($0) } ? .conll : .lines
  }

  private static func firstByte(_ bytes: [UInt8]) -> UInt8? { bytes[start(bytes)...].first { !isSpace($0) } }

  /// Where the text begins, behind a byte order mark.
  private static func start(_ bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  private func objects(_ bytes: [UInt8], _ path: String, _ body: (Document, Double) throws -> Void) throws {
    if Self.firstByte(bytes) == UInt8(ascii: "[") {
      let documents = try JSONDocument.array(bytes[Self.start(bytes)...], of: path)
      for (i, document) in documents.enumerated() { try body(document, Double(i + 1) / Double(documents.count)) }
      return
    }
    try lines(bytes) { line, number, read in
      if line.allSatisfy(isSpace) { return }
      try body(try JSONDocument.line(line, at: "\(path):\(number)"), read)
    }
  }

  private func texts(
    _ bytes: [UInt8], _ path: String, _ name: String, atBlankLines: Bool, _ body: (Document, Double) throws -> Void
  ) throws {
    var paragraph: [String] = [], first = 1
    func finish(_ read: Double) throws {
      if !paragraph.isEmpty {
        try body(Document(id: "\(name):\(first)", title: "", text: paragraph.joined(separator: " ")), read)
      }
      paragraph = []
    }
    try lines(bytes) { line, number, read in
      guard let text = String(validating: line, as: UTF8.self) else {
        throw Diagnostic("D208", "\(path):\(number) is not UTF-8")
      }
      let isBlank = line.allSatisfy(isSpace)
      if isBlank || !atBlankLines { try finish(read) }
      if isBlank { return }
      if paragraph.isEmpty { first = number }
      paragraph.append(text)
    }
    try finish(1)
  }

  /// Lines with their numbers from 1, and the share of the bytes that they end at.
  private func lines(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int, Double) throws -> Void) throws {
    var start = Self.start(bytes), number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      number += 1
      try body(bytes[start..<end], number, Double(end) / Double(bytes.count))
      start = end + 1
    }
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
