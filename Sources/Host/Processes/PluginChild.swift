import Glibc
import PluginAPI

/// Why nothing more comes from a plugin's process.
enum ChildFailure: Error, Sendable {
  /// How it ended, e.g. `ended by signal 11 (Segmentation fault)`, and its last words.
  case ended(how: String, words: [String])
  case silent(seconds: Double, words: [String])
  /// It said something that the protocol does not have.
  case broken(what: String, words: [String])
  case cancelled

  /// What its process did, as part of a sentence.
  var text: String {
    switch self {
    case .ended(let how, _): how
    case .silent(let seconds, _): "did not answer for \(plain(seconds)) s and was killed"
    case .broken(let what, _): "sent \(what)"
    case .cancelled: "was stopped"
    }
  }

  /// The last lines that it wrote to standard error.
  var words: [String] {
    switch self {
    case .ended(_, let words), .silent(_, let words), .broken(_, let words): words
    case .cancelled: []
    }
  }

  func diagnostic(_ id: String) -> Diagnostic {
    let (code, hint): (String, String?) =
      switch self {
      case .ended, .cancelled: ("P332", nil)
      case .silent: ("P333", "give it more time with `timeLimit`, if it needs that")
      case .broken:
        ("P334", "standard output is for frames alone: print to standard error; see Documentation/plugin-processes.md")
      }
    return Diagnostic(
      code, "plugin `\(id)`: its process \(text)", hint: hint, notes: words.map { "its standard error: \($0)" })
  }

  private func plain(_ seconds: Double) -> String { Int(exactly: seconds).map(String.init) ?? String(seconds) }
}

/// A child process that speaks frames. It belongs to the thread that made it, and ends with that thread.
final class PluginChild {
  private let process: pid_t
  private let channel: Int32
  private let errors: ChildOutput
  private var reader = FrameReader()
  private var outgoing: [UInt8] = []
  private var piece = [UInt8](repeating: 0, count: 1 << 16)
  private var isAtEnd = false
  /// What `waitpid` said, once it has.
  private var status: Int32?

  /// Starts a command.
  init(_ arguments: [String]) throws(ChildProcess.StartError) {
    func failure() -> ChildProcess.StartError {
      .init(program: arguments.first ?? "", reason: String(cString: strerror(errno)))
    }
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw failure() }
    defer { close(ends[1]) }
    guard let errors = ChildOutput(capacity: 1 << 14) else {
      close(ends[0])
      throw failure()
    }
    do throws(ChildProcess.StartError) {
      process = try ChildProcess.start(
        arguments, input: ends[1], output: ends[1], errors: errors.childEnd,
        // The host says how a child ended: a backtrace of it takes seconds and says the same.
        environment: ["SWIFT_BACKTRACE": "enable=no"], ownGroup: true)
    } catch {
      close(ends[0])
      errors.close()
      throw error
    }
    errors.closeChildEnd()
    channel = ends[0]
    self.errors = errors
  }

  deinit {
    if status == nil { end(patience: .zero) }
    errors.close()
  }

  /// Says something; it goes out while an answer is waited for.
  func send(_ frame: HostFrame) throws(ChildFailure) {
    do { outgoing += try FrameCode.encode(frame) } catch {
      throw .broken(what: "nothing: the host has \(error.message)", words: [])
    }
  }

  /// The next frame that is no message for the log.
  ///
  /// - Parameter limit: how many seconds may pass without a frame.
  func receive(
    within limit: Double, log: (LogLevel, String) -> Void, isCancelled: () -> Bool
  ) throws(ChildFailure) -> PluginFrame {
    var deadline = ContinuousClock.now + .seconds(limit)
    while true {
      do throws(FrameReader.Fault) {
        while let content = try reader.next() {
          let frame = try FrameCode.decode(PluginFrame.self, content)
          guard case .log(let level, let message) = frame else { return frame }
          log(level, message)
          deadline = ContinuousClock.now + .seconds(limit)
        }
      } catch {
        // What it says of being cut off is not of interest.
        let words = lastWords()
        end(patience: .zero)
        throw .broken(what: error.message, words: words)
      }
      if isCancelled() { throw .cancelled }
      if isAtEnd { throw ended() }
      guard ContinuousClock.now < deadline else {
        let words = lastWords()
        end(patience: .zero)
        throw .silent(seconds: limit, words: words)
      }
      exchange()
    }
  }

  /// Sends and takes what can be, or waits a moment for that.
  private func exchange() {
    let wanted = Int16(POLLIN) | (outgoing.isEmpty ? 0 : Int16(POLLOUT))
    var waiting = [pollfd(fd: channel, events: wanted, revents: 0)]
    if errors.isOpen { waiting.append(pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0)) }
    let ready = poll(&waiting, UInt(waiting.count), 50)
    // What it has started may hold the connection open behind it.
    if ready == 0 && hasExited { isAtEnd = true }
    errors.drain()
    if !outgoing.isEmpty {
      let count = Glibc.send(channel, outgoing, outgoing.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      if count > 0 { outgoing.removeFirst(count) }
      // It reads no more; what it still has to say is read below.
      if count < 0 && errno != EAGAIN && errno != EINTR { outgoing = [] }
    }
    let size = piece.count
    while !isAtEnd {
      let count = recv(channel, &piece, size, Int32(MSG_DONTWAIT))
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return }
      if count > 0 { reader.append(piece[..<count]) } else { isAtEnd = true }
      if count > 0 && count < size { return }
    }
  }

  private func ended() -> ChildFailure {
    end(patience: .seconds(1))
    let status = status ?? 0, signal = status & 0x7F
    var how =
      signal == 0
      ? "ended with exit code \((status >> 8) & 0xFF)" : "ended by signal \(signal) (\(String(cString: strsignal(signal))))"
    if reader.isInsideFrame { how += " in the middle of a frame" }
    return .ended(how: how, words: lastWords())
  }

  private func lastWords() -> [String] {
    errors.drain()
    return lastLines(errors.kept, 5)
  }

  /// Closes the connection, ends the process with everything that it has started, and waits for it.
  ///
  /// - Parameter patience: how long it may take to end by itself.
  func end(patience: Duration) {
    guard status == nil else { return }
    close(channel)
    if wait(patience) { return }
    kill(-process, SIGTERM)
    if wait(.milliseconds(500)) { return }
    kill(-process, SIGKILL)
    while !wait(.seconds(1)) {}
  }

  private var hasExited: Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
  }

  private func wait(_ patience: Duration) -> Bool {
    let deadline = ContinuousClock.now + patience
    while true {
      // It is a zombie for a moment longer: until then nothing else can have the number of its group.
      if hasExited {
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        self.status = status
        return true
      }
      guard ContinuousClock.now < deadline else { return false }
      usleep(1000)
    }
  }
}
