/// A context that was made before, with the sentence that it was made for.
public struct StoredContext: Sendable, Hashable {
  /// The sentence, its words joined by spaces.
  public var text: String
  /// What stands beside it; empty where nothing was found.
  public var context: String
  /// The file's line of the record; in an O-CALM JSON file, which is one value, the record's number. Both count from 1.
  public var line: Int
  /// Whether the record only holds a place: its context is null, or not there. ``context`` is empty then.
  public var isMissing: Bool

  /// A record.
  public init(text: String, context: String, line: Int, isMissing: Bool = false) {
    self.text = text
    self.context = context
    self.line = line
    self.isMissing = isMissing
  }
}

/// How contexts are written down.
public enum ContextFormat: String, Sendable, CaseIterable {
  /// O-CALM's `{"prompt": …, "data": [{"text", "generated_context"}…]}`.
  case json
  /// The same records, one a line.
  case jsonLines
  /// CL-KL's column files: the sentence's tokens, `<EOS>`, the context's tokens, all of these tagged `B-X`, `X` or `S-X`.
  case columns
}

/// The contexts of a file, one a sentence in the sentences' order.
public struct StoredContexts: Sendable, Hashable {
  /// Where they were read.
  public var path: String
  /// How they are written there.
  public var format: ContextFormat
  /// The prompt that they were made with, where the file tells it.
  public var prompt: String?
  /// The records.
  public var records: [StoredContext]

  /// Contexts.
  public init(path: String, format: ContextFormat, prompt: String? = nil, records: [StoredContext]) {
    self.path = path
    self.format = format
    self.prompt = prompt
    self.records = records
  }

  /// One record for each of `count` sentences.
  ///
  /// CoNLL's `-DOCSTART-` lines are no sentences here, but files exist that have a context for each: where leaving them out
  /// makes the counts equal, they are left out.
  public func aligned(to count: Int) throws(ContextFileError) -> [StoredContext] {
    if records.count == count { return records }
    let sentences = records.filter { $0.text != "-DOCSTART-" }
    guard sentences.count == count else {
      throw ContextFileError(path, "it holds \(records.count) contexts, but there are \(count) sentences")
    }
    return sentences
  }
}

/// Why contexts cannot be read or used.
public struct ContextFileError: Error, CustomStringConvertible, Sendable, Hashable {
  /// The file.
  public var path: String
  /// The line at fault, where there is one.
  public var line: Int?
  /// The fault.
  public var message: String

  /// A fault of `path`.
  public init(_ path: String, line: Int? = nil, _ message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  /// `file:line: fault`
  public var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
