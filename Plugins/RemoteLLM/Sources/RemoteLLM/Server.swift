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
    do {
      return try await options.stream ? streamed(request) : whole(request)
    } catch var failure as HTTPFailure {
      // What an event of a stream says is read here and not by the host.
      if let key { failure.message = key.redacted(from: failure.message) }
      throw failure
    }
  }

  private func whole(_ request: HTTPRequest) async throws -> Answer {
    let response = try await http.send(request) { [address] response in
      do throws(ServerFault) {
        _ = try Self.read(response.body)
        return nil
      } catch { return error.failure(address) }
    }
    do throws(ServerFault) { return try Self.read(response.body) } catch { throw error.failure(address) }
  }

  private static func read(_ body: [UInt8]) throws(ServerFault) -> Answer {
    guard let json = JSON(body) else {
      throw ServerFault("its answer is no JSON: " + String(String(decoding: body.prefix(100), as: UTF8.self).prefix(100)))
    }
    var answer = Answer()
    try answer.take(json, streamed: false)
    return answer
  }

  private func streamed(_ request: HTTPRequest) async throws -> Answer {
    let (response, body) = try await http.stream(request)
    // Servers that cannot stream answer at once, and some report errors that way.
    let isWhole = response.header("content-type")?.lowercased().hasPrefix("application/json") ?? false
    var answer = Answer(), events = EventStream(), bytes: [UInt8] = [], isDone = false
    do {
      for try await piece in body {
        if isWhole {
          bytes += piece
        } else {
          isDone = try take(events.take(piece), into: &answer) || isDone
        }
      }
      if isWhole { return try Self.read(bytes) }
      isDone = try take(events.end(), into: &answer) || isDone
    } catch let fault as ServerFault {
      throw fault.failure(address)
    }
    // Where the connection is closed in the middle, HTTP itself may not tell.
    guard isDone || answer.finish != nil else {
      throw HTTPFailure(.answer, "\(address): the stream of its answer ended before the answer did")
    }
    return answer
  }

  /// Whether the events say that there are no more.
  private func take(_ events: [[UInt8]], into answer: inout Answer) throws(ServerFault) -> Bool {
    for event in events {
      if event.elementsEqual("[DONE]".utf8) { return true }
      guard let json = JSON(event) else {
        throw ServerFault("an event of its stream is no JSON: " + String(decoding: event.prefix(100), as: UTF8.self))
      }
      try answer.take(json, streamed: true)
    }
    return false
  }
}
