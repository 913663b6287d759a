import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Reads a column file byte by byte. Only space and tab separate columns: U+200B, U+FE0F or U+00A0 alone are words.
struct ColumnReader {
  enum TagColumn {
    case last, none
    case number(Int)
  }

  let path: String
  let token: Int
  let tag: TagColumn
  /// What a line begins with that is no data; empty: none is.
  private let comment: [UInt8]
  private(set) var sentences: [Sentence] = []
  /// How many documents were begun so far.
  private(set) var documents = 0
  private(set) var faults = FaultList()

  private var words: [String] = []
  private var tags: [String] = []
  private var firstLine = 0
  private var line = 0
  /// The fields of the current line; kept to save an allocation a line.
  private var fields: [Range<Int>] = []
  /// How many columns the first line of a sentence has, and where it stands.
  private var expected: (columns: Int, line: Int)?

  init(path: String, token: Int, tag: TagColumn, comment: String? = nil) {
    self.comment = Array((comment ?? "").utf8)
    self.path = path
    self.token = token
    self.tag = tag
  }

  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard token >= 1 else { return fault("D201", "columns are counted from 1, not \(token)") }
    if case .number(let number) = tag, number < 1 { return fault("D201", "columns are counted from 1, not \(number)") }
    let valid = String(validating: bytes, as: UTF8.self) != nil
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count {
      line += 1
      let end = lineEnd(bytes, from: start)
      var last = end
      while last > start && bytes[last - 1] == 0x0D { last -= 1 }
      // The file was checked as a whole; only where that failed does each line need a look.
      if !valid, String(validating: UnsafeBufferPointer(rebasing: bytes[start..<last]), as: UTF8.self) == nil {
        fault("D208", "not UTF-8", hint: line == 1 ? encodingHint(bytes) : nil)
      } else {
        take(bytes, start..<last)
      }
      start = end + 1
    }
    endSentence()
  }

  private func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start) else { return bytes.count }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Takes in one line.
  private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    if !comment.isEmpty, bytes[range].starts(with: comment) { return }
    split(bytes, range)
    if fields.isEmpty { return endSentence() }
    if isDocumentStart(bytes, fields[0]) || (fields.count >= token && isDocumentStart(bytes, fields[token - 1])) {
      endSentence()
      // Sentences before the first mark are a document too.
      if documents == 0 && !sentences.isEmpty { documents = 1 }
      documents += 1
      return
    }
    guard let column = tagColumn() else { return }
    if words.isEmpty { firstLine = line }
    words.append(text(bytes, fields[token - 1]))
    if column > 0 { tags.append(text(bytes, fields[column - 1])) }
  }

  private mutating func split(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    fields.removeAll(keepingCapacity: true)
    var at = range.lowerBound
    while at < range.upperBound {
      while at < range.upperBound && (bytes[at] == 0x20 || bytes[at] == 0x09) { at += 1 }
      let start = at
      while at < range.upperBound && bytes[at] != 0x20 && bytes[at] != 0x09 { at += 1 }
      if at > start { fields.append(start..<at) }
    }
  }

  /// The tag's column of the current line, 0 where none is wanted; nil, with a fault, where columns are missing.
  private mutating func tagColumn() -> Int? {
    let found = fields.count == 1 ? "1 column" : "\(fields.count) columns"
    switch tag {
    case .none:
      if fields.count >= token { return 0 }
      fault("D201", "\(found), but the token is in column \(token)")
    case .number(let number):
      if fields.count >= max(token, number) { return number }
      fault("D201", "\(found), but the \(token > number ? "token" : "tag") is in column \(max(token, number))")
    case .last:
      if fields.count <= token {
        fault("D201", "\(found), but a tag must follow the token in column \(token)")
      } else if let expected, fields.count != expected.columns {
        fault(
          "D201", "\(found), but line \(expected.line) has \(expected.columns)",
          hint: fields.count > expected.columns ? "a word cannot hold a space; or give the tag's column by its number" : nil)
      } else {
        expected = expected ?? (fields.count, line)
        return fields.count
      }
    }
    return nil
  }

  private mutating func endSentence() {
    guard !words.isEmpty else { return }
    sentences.append(Sentence(words: words, tags: tags, line: firstLine, document: max(0, documents - 1)))
    words.removeAll(keepingCapacity: true)
    tags.removeAll(keepingCapacity: true)
  }

  private func text(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  private func isDocumentStart(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    bytes[range.lowerBound] == 0x2D && bytes[range].elementsEqual("-DOCSTART-".utf8)
  }

  private func encodingHint(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    if bytes.starts(with: [0x1F, 0x8B]) { return "the file is gzipped: decompress it first" }
    let wide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    if wide { return "the file looks like UTF-16: convert it" }
    return nil
  }

  private mutating func fault(_ code: String, _ message: String, hint: String? = nil) {
    faults.add(Diagnostic(code, message, mark: SourceMark(file: path, line: max(1, line), column: 1), hint: hint))
  }
}
