import PluginAPI

/// One server, asked for one answer at a time.
struct Server: Sendable {
  let http: any HTTPClient
  let key: Secret?
  let address: String
  let options: RemoteLLMOptions

  /// The server's answer to a body. Throws ``HTTPFailure``; an answer that tells of an error, or that ends before it is
  /// complete, is one.
  func answer(_ body: JSON) async throws -> Answer {
    let secrets = key.map { [(name: "authorization", value: Secret("Bearer " + $0.value, name: $0.name))] } ?? []
    let request = HTTPRequest(
      "POST", address,
      headers: [("content-type", "application/json"), ("accept", options.stream ? "text/event-stream" : "application/json")],
      secrets: secrets, body: try body.bytes())
    // A stream too is read to its end before any of it is used, so that one that breaks is asked for again as a whole answer is.
    let response = try await http.send(request) { response in
      do throws(ServerFault) {
        _ = try read(response)
        return nil
      } catch { return failure(error) }
    }
    do throws(ServerFault) { return try read(response) } catch { throw failure(error) }
  }

  private func failure(_ fault: ServerFault) -> HTTPFailure {
    // A query may hold what is nobody's business.
    fault.failure(String(address.prefix { $0 != "?" }), key)
  }

  private func read(_ response: HTTPResponse) throws(ServerFault) -> Answer {
    // Servers that cannot stream answer at once, and some report errors that way.
    let isWhole = response.header("content-type")?.lowercased().hasPrefix("application/json") ?? false
    var answer = options.stream && !isWhole ? try Self.streamed(response.body) : try Self.whole(response.body)
    if let key { answer.hide(key) }
    return answer
  }

  private static func whole(_ body: [UInt8]) throws(ServerFault) -> Answer {
    guard let json = JSON(body) else {
      throw ServerFault("its answer is no JSON: " + String(decoding: body, as: UTF8.self), passes: true)
    }
    var answer = Answer()
    try answer.take(json, streamed: false)
    return answer
  }

  private static func streamed(_ body: [UInt8]) throws(ServerFault) -> Answer {
    var answer = Answer(), events = EventStream(), isDone = false
    for event in events.take(body) + events.end() where !isDone {
      if event.elementsEqual("[DONE]".utf8) {
        isDone = true
      } else if let json = JSON(event) {
        try answer.take(json, streamed: true)
      } else {
        throw ServerFault("an event of its stream is no JSON: " + String(decoding: event, as: UTF8.self), passes: true)
      }
    }
    // Where the connection is closed in the middle, HTTP itself may not tell.
    guard isDone || answer.finish != nil else {
      throw ServerFault("the stream of its answer ended before the answer did", passes: true)
    }
    return answer
  }
}
