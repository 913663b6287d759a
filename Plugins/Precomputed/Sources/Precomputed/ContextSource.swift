import ContextFiles
import PluginAPI

/// The file that one split's contexts are in.
struct ContextSource: Sendable {
  let split: String
  /// The option that names it, for messages.
  let option: String
  let path: String

  /// What of the file the contexts depend on: its content, wherever it lies.
  func digest() throws -> String {
    let bytes = try guarding { try readFile(path) }
    return "size=\(bytes.count) fnv1a=\(hexadecimal(fnv1a(bytes)))"
  }

  func open(count: Int) throws -> OpenSplit {
    try guarding {
      let stored = try readContexts(path: path)
      if !stored.records.isEmpty, stored.records.allSatisfy(\.isMissing) {
        throw Diagnostic(
          "D203", "\(path) holds no context: in none of its \(stored.records.count) records is there a `generated_context`",
          hint: "name the file of the contexts in `\(option)`")
      }
      return OpenSplit(source: self, records: try stored.aligned(to: count))
    }
  }

  /// Errors of the files' module stay on this side of the boundary.
  func guarding<Value>(_ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as ContextFileError {
      throw Diagnostic("D203", "contexts of split `\(split)` (option `\(option)`): \(error)")
    }
  }
}

/// A split's contexts, and how its sentences compare with them so far.
struct OpenSplit: Sendable {
  let source: ContextSource
  let records: [StoredContext]
  private var check = PairingCheck()
  private var seen: [Bool]

  init(source: ContextSource, records: [StoredContext]) {
    self.source = source
    self.records = records
    seen = [Bool](repeating: false, count: records.count)
  }

  /// The context of a request. Each sentence is compared with the file the first time that it is asked for.
  mutating func context(for request: ContextRequest) throws -> Context {
    guard request.splitCount == records.count, records.indices.contains(request.position) else {
      throw Diagnostic(
        "D203",
        "\(source.path) holds contexts for \(records.count) sentences, but sentence \(request.position) of \(request.splitCount) "
          + "of split `\(source.split)` is asked for",
        hint: "name the file of these very sentences in `\(source.option)`")
    }
    let record = records[request.position]
    if !seen[request.position] {
      seen[request.position] = true
      check.compare(request.words.joined(separator: " "), with: record, index: request.position)
    }
    return Context(text: record.context, finish: "stored", source: "\(source.path):\(record.line)")
  }

  /// Throws where too many sentences differ from the file's.
  func verify() throws { try source.guarding { try check.verify(source.path) } }

  /// The differences behind the first `known`.
  func differences(after known: Int) -> ArraySlice<PairingCheck.Difference> { check.differences.dropFirst(known) }
  var differenceCount: Int { check.differences.count }
}

/// 64-bit FNV-1a.
func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
