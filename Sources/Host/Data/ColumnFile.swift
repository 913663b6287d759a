import PluginAPI

/// Column files: one word a line with its tags beside it, columns at spaces or tabs, sentences at blank lines.
enum ColumnFile {
  /// Which columns are read, counted from 1.
  struct Columns: Sendable, Hashable {
    var token = 1
    /// nil: the last one. Then all lines must have as many columns as the first.
    var tag: Int?
    /// Lines that begin with it are passed over; nil: every line is data.
    var comment: String?
  }

  /// The labelled sentences of the file at `path`.
  static func read(path: String, columns: Columns = Columns()) throws -> Dataset {
    try parse(FileBytes.read(path), path: path, columns: columns)
  }

  /// The labelled sentences of `bytes`. Throws ``Diagnostics`` with every fault, by line.
  static func parse(_ bytes: [UInt8], path: String, columns: Columns = Columns()) throws -> Dataset {
    let tag = columns.tag.map(ColumnReader.TagColumn.number) ?? .last
    var data = try dataset(bytes, ColumnReader(path: path, token: columns.token, tag: tag, comment: columns.comment))
    nameTheOnlyType(&data)
    guard !data.sentences.isEmpty else {
      throw Diagnostic("D204", "\(path) holds no sentence", mark: SourceMark(file: path, line: 1, column: 1))
    }
    return data
  }

  /// Corpora of a single type may have letters alone for tags, as in `B I O`. They get the type that scorers give them: `B-_`. Where any
  /// tag has a type, a letter alone is a tag that was cut.
  private static func nameTheOnlyType(_ data: inout Dataset) {
    let letters: Set = ["B", "I", "E", "S", "L", "U"]
    guard data.sentences.allSatisfy({ $0.tags.allSatisfy { $0 == "O" || letters.contains($0) } }) else { return }
    for i in data.sentences.indices { data.sentences[i].tags = data.sentences[i].tags.map { $0 == "O" ? $0 : $0 + "-_" } }
  }

  /// The words of `bytes` where no tags are wanted; the file may be empty.
  static func parseUnlabelled(_ bytes: [UInt8], path: String, token: Int = 1, comment: String? = nil) throws -> Dataset {
    try dataset(bytes, ColumnReader(path: path, token: token, tag: .none, comment: comment))
  }

  /// The words alone, sentence by sentence.
  static func readWords(_ bytes: [UInt8], path: String, token: Int = 1, comment: String? = nil) throws -> [[String]] {
    try parseUnlabelled(bytes, path: path, token: token, comment: comment).sentences.map(\.words)
  }

  private static func dataset(_ bytes: [UInt8], _ reader: consuming ColumnReader) throws -> Dataset {
    var reader = reader
    bytes.withUnsafeBufferPointer { reader.read($0) }
    guard reader.faults.isEmpty else { throw reader.faults.diagnostics }
    return Dataset(path: reader.path, sentences: reader.sentences, documentCount: reader.documents)
  }
}
