import FoundationEssentials
import PluginAPI
import SearchIndex

/// A document as a JSON object has it. What is not there is told when the document is made, so that the message can name it.
struct JSONDocument: Decodable {
  private var id: String?
  private var title: String?
  private var text: String?

  private enum CodingKeys: String, CodingKey { case id, title, text }

  init(from decoder: any Swift.Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    // Ids are often numbers.
    id = (try? object.decode(String.self, forKey: .id)) ?? (try? object.decode(Int.self, forKey: .id)).map(String.init)
    title = try object.decodeIfPresent(String.self, forKey: .title)
    text = try object.decodeIfPresent(String.self, forKey: .text)
  }

  /// The document; `place` is where it stands.
  func document(at place: String) throws -> Document {
    guard let id else {
      throw Diagnostic("D211", "\(place) has no `id`, a text or a whole number", hint: "by its id a document is replaced later")
    }
    guard let text else { throw Diagnostic("D211", "\(place) has no `text`") }
    guard (1...200).contains(id.utf8.count) else {
      throw Diagnostic("D211", "\(place): an id has from 1 to 200 bytes, not \(id.utf8.count)")
    }
    return Document(id: id, title: title ?? "", text: text)
  }

  /// The object of a line.
  static func line(_ bytes: some Sequence<UInt8>, at place: String) throws -> Document {
    guard let found = try? JSONDecoder().decode(JSONDocument.self, from: Data(bytes)) else {
      throw Diagnostic(
        "D211", "\(place) is no document",
        hint: #"write {"id": "…", "title": "…", "text": "…"} a line; the title may be left out"#)
    }
    return try found.document(at: place)
  }

  /// The objects of a file that is one array.
  static func array(_ bytes: ArraySlice<UInt8>, of path: String) throws -> [Document] {
    guard let found = try? JSONDecoder().decode([JSONDocument].self, from: Data(bytes)) else {
      throw Diagnostic(
        "D211", "\(path) begins as an array and is none of documents",
        hint: #"write [{"id": "…", "title": "…", "text": "…"}, …], or an object a line without the brackets"#)
    }
    return try found.enumerated().map { try $1.document(at: "\(path): document \($0 + 1)") }
  }
}
