import Dispatch
import Glibc
import Synchronization

/// A server on 127.0.0.1 whose every byte the test decides, so that it can also misbehave exactly as it should. A connection is
/// served by a thread of its own; a handler that leaves it open gets its next request too.
public final class LoopbackServer: Sendable {
  /// What a client sent.
  public struct Request: Sendable {
    /// Method and path of the first line.
    public var method = "", path = ""
    /// Names in lower case.
    public var headers: [String: String] = [:]
    /// The body.
    public var body: [UInt8] = []
    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
  }

  private struct State {
    var requests: [Request] = []
    var open: Set<Int32> = []
    var isStopped = false
  }
  private let state = Mutex(State())
  private let listener: Int32
  /// Where it listens.
  public let port: Int

  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - accepts: whether connections are taken; without it only as many are made as the system's queue holds.
  public init(port: Int = 0, accepts: Bool = true, _ handle: @escaping @Sendable (Request, Connection) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1, address = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && listen(listener, accepts ? 128 : 0) == 0 && getsockname(listener, raw, &length) == 0
      }
    }
    guard bound else {
      let code = errno
      close(listener)
      throw SocketError(code: code)
    }
    self.listener = listener
    self.port = Int(UInt16(bigEndian: address.sin_port))
    guard accepts else { return }
    DispatchQueue(label: "accept").async { [self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        let kept = state.withLock { state in
          if !state.isStopped { state.open.insert(client) }
          return !state.isStopped
        }
        guard kept else {
          close(client)
          return
        }
        DispatchQueue(label: "connection").async { [self] in serve(client, handle) }
      }
    }
  }

  /// What was asked so far.
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Ends it as a killed process ends: all connections break.
  public func stop() {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      guard !state.isStopped else { return false }
      for client in state.open { Connection(descriptor: client).reset() }
      return true
    }
    guard isFirst else { return }
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ client: Int32, _ handle: @Sendable (Request, Connection) -> Void) {
    var buffer: [UInt8] = []
    while let request = Self.read(client, &buffer) {
      let goesOn = state.withLock { state in
        state.requests.append(request)
        return !state.isStopped
      }
      guard goesOn else { break }
      handle(request, Connection(descriptor: client))
    }
    state.withLock { state in
      // Closed while the set is locked: the number may be another connection's at once.
      if state.open.remove(client) != nil { close(client) }
    }
  }

  private static func read(_ client: Int32, _ buffer: inout [UInt8]) -> Request? {
    let end = Array("\r\n\r\n".utf8)
    var head: Range<Int>?
    while head == nil {
      // The greeting of a client that speaks TLS has no end of a header.
      if buffer.first == 0x16 {
        buffer = []
        return Request(method: "TLS")
      }
      head = buffer.firstRange(of: end)
      if head == nil, !more(client, &buffer) { return nil }
    }
    guard let head else { return nil }
    let lines = String(decoding: buffer[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let first = lines.first?.split(separator: " ") ?? []
    guard first.count == 3 else { return nil }
    var request = Request(method: String(first[0]), path: String(first[1]))
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { request.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    let count = request.headers["content-length"].flatMap(Int.init) ?? 0
    while buffer.count < head.upperBound + count { if !more(client, &buffer) { return nil } }
    request.body = Array(buffer[head.upperBound..<head.upperBound + count])
    buffer.removeFirst(head.upperBound + count)
    return request
  }

  private static func more(_ client: Int32, _ buffer: inout [UInt8]) -> Bool {
    var piece = [UInt8](repeating: 0, count: 65536)
    let count = recv(client, &piece, piece.count, 0)
    if count > 0 { buffer += piece.prefix(count) }
    return count > 0
  }

  /// The server's side of a connection.
  public struct Connection: Sendable {
    fileprivate let descriptor: Int32

    /// Sends bytes as they are. False where the client is gone.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }

    /// Sends text as it is.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends a whole answer.
    public func answer(_ status: Int = 200, headers: [String: String] = [:], _ body: [UInt8]) {
      let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
      send(Array("HTTP/1.1 \(status) -\r\ncontent-length: \(body.count)\r\n\(lines)\r\n".utf8) + body)
    }

    /// Sends a whole answer.
    public func answer(_ status: Int = 200, headers: [String: String] = [:], _ body: String = "") {
      answer(status, headers: headers, Array(body.utf8))
    }

    /// Sends a whole answer with status 200.
    public func answer(_ body: String) { answer(200, body) }

    /// Ends the connection in an orderly way.
    public func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Breaks the connection: the client sees a reset.
    public func reset() {
      // Closing with data unread, or with no time to linger, sends RST; the descriptor itself is closed by the server.
      var address = sockaddr()
      address.sa_family = sa_family_t(AF_UNSPEC)
      _ = connect(descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Does nothing for a while.
    public func pause(_ seconds: Double) { usleep(UInt32(seconds * 1e6)) }
  }
}

/// A call on a socket failed.
public struct SocketError: Error {
  /// The system's number of it.
  public var code: Int32
}

/// Fills the queue of a listener that takes no connection, so that further ones are not even begun.
public func fillQueue(port: Int) -> [Int32] {
  (0..<3).map { _ in
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        _ = connect(client, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return client
  }
}
