import FoundationEssentials
import Synchronization

/// A server that speaks as OpenAI's does, and counts what it is asked.
public final class FakeLanguageServer: Sendable {
  /// What is done instead of answering, by the number of the request from 0 and its sentence.
  public typealias Fault = @Sendable (Int, String, LoopbackServer.Connection) -> Bool

  private let seen: Counter
  private let server: LoopbackServer
  /// Where it listens.
  public var port: Int { server.port }
  /// Its base address.
  public var endpoint: String { "http://127.0.0.1:\(port)/v1" }

  /// - Parameter fault: true where it has answered, or not, in its own way.
  public init(
    port: Int = 0, pause: Double = 0, fault: @escaping Fault = { _, _, _ in false }
  ) throws {
    let (counts, started) = (Counter(), Counter())
    self.seen = counts
    server = try LoopbackServer(port: port) { request, connection in
      let body = (try? JSONDecoder().decode(Body.self, from: Data(request.body))) ?? Body()
      let sentence = body.messages?.last?.content ?? body.prompt ?? ""
      let number = started.add("all")
      if fault(number, sentence, connection) { return }
      if pause > 0 { connection.pause(pause) }
      let text = "about " + sentence
      counts.add(sentence)
      if body.stream == true {
        Self.stream(text, chat: body.messages != nil, connection)
      } else {
        connection.answer(headers: ["content-type": "application/json"], Self.whole(text, chat: body.messages != nil))
      }
    }
  }

  /// Answers by sentence.
  public var answered: [String: Int] { seen.counts }
  /// The requests as they came.
  public var requests: [LoopbackServer.Request] { server.requests }
  /// Ends it as a killed process ends.
  public func stop() { server.stop() }

  private struct Body: Decodable {
    struct Message: Decodable { var content: String }
    var messages: [Message]?
    var prompt: String?
    var stream: Bool?
  }

  /// A text as JSON.
  public static func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }

  private static let head = #""id": "answer-1", "model": "tiny-0.1", "system_fingerprint": "fp_7""#
  private static let usage = #""usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}"#

  /// A whole answer.
  public static func whole(_ text: String, chat: Bool) -> String {
    let content = chat ? #""message": {"role": "assistant", "content": \#(quoted(text))}"# : #""text": \#(quoted(text))"#
    return #"{\#(head), "choices": [{"index": 0, \#(content), "finish_reason": "stop"}], \#(usage)}"#
  }

  /// The events of a streamed answer, the last one the end.
  public static func events(_ text: String, chat: Bool) -> [String] {
    let pieces = text.split(separator: " ", omittingEmptySubsequences: false).enumerated().map { ($0 == 0 ? "" : " ") + $1 }
    return pieces.map { piece in
      let content = chat ? #""delta": {"content": \#(quoted(piece))}"# : #""text": \#(quoted(piece))"#
      return #"{\#(head), "choices": [{"index": 0, \#(content), "finish_reason": null}]}"#
    } + [
      #"{\#(head), "choices": [{"index": 0, "delta": {}, "text": "", "finish_reason": "stop"}]}"#,
      #"{\#(head), "choices": [], \#(usage)}"#, "[DONE]",
    ]
  }

  /// Sends a streamed answer, cut into chunks in the middle of lines and characters.
  public static func stream(_ text: String, chat: Bool, _ connection: LoopbackServer.Connection) {
    connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    let bytes = Array((": hello\r\n\r\n" + events(text, chat: chat).map { "data: \($0)\r\n\r\n" }.joined()).utf8)
    for begin in stride(from: 0, to: bytes.count, by: 7) {
      let piece = bytes[begin..<min(begin + 7, bytes.count)]
      connection.send(Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece + Array("\r\n".utf8))
    }
    connection.send("0\r\n\r\n")
  }
}

/// Counts names.
final class Counter: Sendable {
  private let state = Mutex<[String: Int]>([:])
  var counts: [String: Int] { state.withLock { $0 } }

  /// How often the name was there before.
  @discardableResult
  func add(_ name: String) -> Int {
    state.withLock { state in
      defer { state[name, default: 0] += 1 }
      return state[name, default: 0]
    }
  }
}
