internal import CCalmXapian
import Synchronization

/// A text to be found.
public struct Document: Sendable, Hashable {
  /// Unique in the index; from 1 to 200 bytes.
  public var id: String
  /// May be empty.
  public var title: String
  /// What it says.
  public var text: String

  /// A text.
  public init(id: String, title: String, text: String) {
    self.id = id
    self.title = title
    self.text = text
  }
}

/// An index of documents on disk, in which the words of a query are looked up by their stems and ranked by BM25 (k₁ 1.2, b 0.75).
///
/// What is committed survives anything; a process that is killed leaves the last commit. Several processes may read at once,
/// one may write.
public final class SearchIndex: Sendable {
  /// What may be done with it.
  public enum Mode: Sendable, Hashable {
    case read
    /// An index that is not there is made; `language` is its stemmer's: `english`, `german`, …, or `none`.
    case write(language: String)
  }

  /// What became of a document that was put.
  public enum Outcome: Int32, Sendable {
    case unchanged = 0
    case added, replaced
  }

  /// A document that was found.
  public struct Match: Sendable, Hashable {
    /// The document.
    public var document: Document
    /// BM25.
    public var score: Double
  }

  /// The folder.
  public let path: String
  private let handle: Mutex<Handle>

  /// Opens or makes an index.
  public init(path: String, mode: Mode) throws(SearchIndexError) {
    self.path = path
    let library = try XapianLibrary.open()
    var fault = calm_fault()
    let opened =
      switch mode {
      case .read: library.pointee.open(path, 0, "", &fault)
      case .write(let language): library.pointee.open(path, 1, language, &fault)
      }
    guard let opened else {
      throw SearchIndexError(
        "index \(path) cannot be opened: \(fault.message)",
        hint: mode == .read ? "`calm search index CORPUS -o \(path)` makes one" : "")
    }
    handle = Mutex(Handle(library: library, index: opened))
  }

  /// Xapian's version.
  public static func engineVersion() throws(SearchIndexError) -> String {
    String(cString: try XapianLibrary.open().pointee.xapian_version)
  }

  /// How many documents there are, a digest of them that does not depend on how they came in, and the language.
  public func info() throws(SearchIndexError) -> (documents: Int, digest: String, language: String) {
    var info = calm_index_info()
    try call { $0.library.pointee.info($0.index, &info, &$1) }
    let digest = [info.digest.0, info.digest.1].map { value in
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
    let language = withUnsafeBytes(of: info.language) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return (Int(info.documents), digest, language)
  }

  /// Adds a document, or replaces the one of its id. It is found after the next ``commit()``.
  @discardableResult
  public func put(_ document: Document) throws(SearchIndexError) -> Outcome {
    let result = try call { handle, fault in
      withBytes(document.id) { id in
        withBytes(document.title) { title in
          withBytes(document.text) { text in handle.library.pointee.put(handle.index, id, title, text, &fault) }
        }
      }
    }
    return Outcome(rawValue: result) ?? .unchanged
  }

  /// Makes what was put durable.
  public func commit() throws(SearchIndexError) { try call { $0.library.pointee.commit($0.index, &$1) } }

  /// The best documents for a text in which nothing is an operator.
  /// - Parameter terms: only so many of its stems are looked up: the rarest.
  public func search(_ text: String, limit: Int, terms: Int = 32) throws(SearchIndexError) -> [Match] {
    let found = Found()
    try call { handle, fault in
      withBytes(text) { query in
        handle.library.pointee.search(
          handle.index, query, UInt32(clamping: limit), UInt32(clamping: terms), Unmanaged.passUnretained(found).toOpaque(),
          { context, id, title, text, score in
            guard let context else { return }
            Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().matches.append(
              Match(document: Document(id: id.string, title: title.string, text: text.string), score: score))
          }, &fault)
      }
    }
    return found.matches
  }

  @discardableResult
  private func call(_ body: (Handle, inout calm_fault) -> Int32) throws(SearchIndexError) -> Int32 {
    var fault = calm_fault()
    let result = handle.withLock { body($0, &fault) }
    guard result >= 0 else { throw SearchIndexError("index \(path): \(fault.message)") }
    return result
  }
}

/// An open index, closed with the last reference.
private final class Handle {
  let library: UnsafePointer<calm_xapian_library>
  let index: OpaquePointer

  init(library: UnsafePointer<calm_xapian_library>, index: OpaquePointer) { (self.library, self.index) = (library, index) }

  deinit { library.pointee.close(index) }
}

private final class Found {
  var matches: [SearchIndex.Match] = []
}

private func withBytes<Value>(_ text: String, _ body: (calm_bytes) -> Value) -> Value {
  var text = text
  return text.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { body(calm_bytes(data: $0.baseAddress, size: $0.count)) }
  }
}

extension calm_bytes {
  fileprivate var string: String {
    String(decoding: UnsafeRawBufferPointer(start: data, count: size), as: UTF8.self)
  }
}

extension calm_fault {
  fileprivate var message: String {
    withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
