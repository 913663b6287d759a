import FoundationEssentials
import PluginAPI

/// What the host says to a plugin in another process. `Documentation/plugin-processes.md` has every frame.
enum HostFrame: Sendable {
  case describe
  case create(Creation)
  case ask([AskedRequest])

  struct Creation: Codable, Sendable {
    var options: JSONTree
    var seed: UInt64
    var cacheFolder: String
    /// What a child that is this program needs to give its plugin the same services.
    var surroundings: Surroundings?
  }
}

/// What a plugin in another process says.
enum PluginFrame: Sendable {
  case description(PluginSelfDescription)
  case created(fingerprint: [String: String])
  case answer(Answer)
  case failure(index: Int, message: String)
  case done
  case error(Fault)
  case log(level: LogLevel, message: String)

  struct Answer: Codable, Sendable {
    var index: Int
    var text: String
    var finish: String?
    var source: String?
    var tokens: Int?
    var promptTokens: Int?
    var milliseconds: Int?
    var details: [String: String]?
  }

  struct Fault: Codable, Sendable, Error {
    var message: String
    var hint: String?
    /// The code of a fault that this program knows.
    var code: String?
  }
}

/// A request in a frame.
struct AskedRequest: Codable, Sendable {
  var index: Int
  var text: String
  var words: [String]
  var prompt: String?
  var split: String
  var position: Int
  var splitCount: Int
  /// The key of its random stream, in hexadecimal: JSON's numbers do not hold 64 bits everywhere.
  var random: String
}

/// The major version of the protocol.
let frameProtocol = 1

private enum FrameKey: String, CodingKey {
  case type, `protocol`, requests, fingerprint, index, message, level
}

extension HostFrame: Codable {
  init(from decoder: any Swift.Decoder) throws {
    let fields = try decoder.container(keyedBy: FrameKey.self)
    switch try fields.decode(String.self, forKey: .type) {
    case "describe":
      let number = try fields.decode(Int.self, forKey: .protocol)
      guard number == frameProtocol else { throw unknown(.protocol, fields, "version \(number)") }
      self = .describe
    case "create": self = .create(try Creation(from: decoder))
    case "ask": self = .ask(try fields.decode([AskedRequest].self, forKey: .requests))
    case let other: throw unknown(.type, fields, "`\(other)`")
    }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = encoder.container(keyedBy: FrameKey.self)
    switch self {
    case .describe:
      try fields.encode("describe", forKey: .type)
      try fields.encode(frameProtocol, forKey: .protocol)
    case .create(let creation):
      try fields.encode("create", forKey: .type)
      try creation.encode(to: encoder)
    case .ask(let requests):
      try fields.encode("ask", forKey: .type)
      try fields.encode(requests, forKey: .requests)
    }
  }
}

extension PluginFrame: Codable {
  init(from decoder: any Swift.Decoder) throws {
    let fields = try decoder.container(keyedBy: FrameKey.self)
    switch try fields.decode(String.self, forKey: .type) {
    case "description":
      let number = try fields.decode(Int.self, forKey: .protocol)
      guard number == frameProtocol else {
        throw unknown(.protocol, fields, "version \(number) of the protocol; this host speaks \(frameProtocol)")
      }
      self = .description(try PluginSelfDescription(from: decoder))
    case "created": self = .created(fingerprint: try fields.decode([String: String].self, forKey: .fingerprint))
    case "answer": self = .answer(try Answer(from: decoder))
    case "failure":
      self = .failure(
        index: try fields.decode(Int.self, forKey: .index), message: try fields.decode(String.self, forKey: .message))
    case "done": self = .done
    case "error": self = .error(try Fault(from: decoder))
    case "log":
      let level = try fields.decode(String.self, forKey: .level)
      guard let known = LogLevel(rawValue: level) else { throw unknown(.level, fields, "`\(level)`") }
      self = .log(level: known, message: try fields.decode(String.self, forKey: .message))
    case let other: throw unknown(.type, fields, "`\(other)`")
    }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = encoder.container(keyedBy: FrameKey.self)
    func type(_ name: String) throws { try fields.encode(name, forKey: .type) }
    switch self {
    case .description(let description):
      try type("description")
      try fields.encode(frameProtocol, forKey: .protocol)
      try description.encode(to: encoder)
    case .created(let fingerprint):
      try type("created")
      try fields.encode(fingerprint, forKey: .fingerprint)
    case .answer(let answer):
      try type("answer")
      try answer.encode(to: encoder)
    case .failure(let index, let message):
      try type("failure")
      try fields.encode(index, forKey: .index)
      try fields.encode(message, forKey: .message)
    case .done: try type("done")
    case .error(let fault):
      try type("error")
      try fault.encode(to: encoder)
    case .log(let level, let message):
      try type("log")
      try fields.encode(level.rawValue, forKey: .level)
      try fields.encode(message, forKey: .message)
    }
  }
}

private func unknown(_ key: FrameKey, _ fields: KeyedDecodingContainer<FrameKey>, _ what: String) -> DecodingError {
  .dataCorruptedError(forKey: key, in: fields, debugDescription: "is \(what)")
}

/// Frames as bytes and back.
enum FrameCode {
  static func encode(_ frame: some Encodable) throws(FrameReader.Fault) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    guard let content = try? encoder.encode(frame) else { throw FrameReader.Fault(message: "what JSON cannot hold") }
    guard content.count <= FrameReader.limit else { throw FrameReader.Fault(message: "a frame of \(content.count) bytes") }
    return FrameReader.frame(content)
  }

  static func decode<Frame: Decodable>(_ type: Frame.Type, _ content: [UInt8]) throws(FrameReader.Fault) -> Frame {
    do {
      return try JSONDecoder().decode(type, from: Data(content))
    } catch let error as DecodingError {
      throw FrameReader.Fault(message: "a frame \(explained(error, content)): `\(shown(content))`")
    } catch {
      throw FrameReader.Fault(message: "a frame that is no JSON: `\(shown(content))`")
    }
  }

  private static func shown(_ content: [UInt8]) -> String {
    let text = String(decoding: content.prefix(120), as: UTF8.self)
    return String(text.map { $0.isNewline ? " " : $0 }) + (content.count > 120 ? "…" : "")
  }

  private static func explained(_ error: DecodingError, _ content: [UInt8]) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "that lacks `\(path(context.codingPath + [key]))`"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return "that has something else than \(type) as `\(path(context.codingPath))`"
    case .dataCorrupted(let context):
      guard context.codingPath.isEmpty else { return "whose `\(path(context.codingPath))` \(context.debugDescription)" }
      // A number that does not fit is told without its place.
      let isJSON = (try? JSONDecoder().decode(JSONTree.self, from: Data(content))) != nil
      return isJSON ? "with a wrong value: \(context.debugDescription)" : "that is no JSON"
    @unknown default: return "that cannot be read"
    }
  }
}
