import FoundationEssentials
import Glibc

/// Runs another program and waits for it: no shell, nothing on its standard input, the end of what it wrote.
enum ChildProcess {
  enum Outcome: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
  }

  struct Result: Sendable {
    var outcome: Outcome
    /// The last bytes of standard output and of standard error.
    var output: [UInt8]
    var errors: [UInt8]

    /// The last lines of standard error that are not blank.
    func lastErrorLines(_ count: Int) -> [String] { lastLines(errors, count) }
  }

  /// The program could not be started.
  struct StartError: Error, CustomStringConvertible {
    let program: String
    let reason: String
    var description: String { "cannot start `\(program)`: \(reason)" }
  }

  /// Runs `arguments`, the first of which is the program, looked for on PATH.
  ///
  /// - Parameters:
  ///   - timeout: after which it is killed.
  ///   - capacity: how many bytes are kept of each stream.
  static func run(
    _ arguments: [String], timeout: Duration? = nil, capacity: Int = 1 << 20
  ) throws(StartError) -> Result {
    var streams: [ChildOutput] = []
    defer { for stream in streams { stream.close() } }
    for _ in 0..<2 {
      guard let stream = ChildOutput(capacity: capacity) else { throw failure(arguments, errno) }
      streams.append(stream)
    }
    let process = try start(arguments, output: streams[0].childEnd, errors: streams[1].childEnd)
    for stream in streams { stream.closeChildEnd() }

    let deadline = timeout.map { ContinuousClock.now + $0 }
    var status: Int32 = 0, timedOut = false
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      guard ended == 0 || errno == EINTR else { throw failure(arguments, errno) }
      if let deadline, !timedOut, ContinuousClock.now >= deadline {
        timedOut = true
        kill(process, SIGKILL)
      }
      // The time limit is for a child that has closed its streams, or whose own children keep them open.
      var waiting = streams.filter(\.isOpen).map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      poll(&waiting, UInt(waiting.count), waiting.count < streams.count ? 2 : 50)
      for stream in streams { stream.drain() }
    }
    for stream in streams { stream.drain() }
    let signal = status & 0x7F
    let outcome: Outcome = timedOut ? .timedOut : signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    return Result(outcome: outcome, output: streams[0].kept, errors: streams[1].kept)
  }

  /// Starts `arguments` and does not wait.
  ///
  /// - Parameters:
  ///   - input, output, errors: descriptors of its standard streams; no input: none to read.
  ///   - environment: variables beside this process's own.
  ///   - ownGroup: whether a terminal's Ctrl-C passes it by, so that this process can hand it on, once.
  static func start(
    _ arguments: [String], input: Int32? = nil, output: Int32, errors: Int32, environment added: [String: String] = [:],
    ownGroup: Bool = false
  ) throws(StartError) -> pid_t {
    var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // A host that ignores or blocks signals must not hand that on: Ctrl-C has to reach the child.
    var usual = sigset_t(), none = sigset_t()
    sigemptyset(&usual)
    sigemptyset(&none)
    for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)))

    let environment = ProcessInfo.processInfo.environment.merging(added) { $1 }.map { "\($0.key)=\($0.value)" }
    var argumentList: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var environmentList: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argumentList + environmentList { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, arguments.first ?? "", &actions, &attributes, &argumentList, &environmentList)
    guard code == 0 else { throw failure(arguments, code) }
    return process
  }

  private static func failure(_ arguments: [String], _ code: Int32) -> StartError {
    StartError(program: arguments.first ?? "", reason: String(cString: strerror(code)))
  }
}

/// One of a child's output streams. A socket pair, because it can be made so that no other child inherits it.
final class ChildOutput {
  let descriptor: Int32
  private(set) var childEnd: Int32
  private(set) var isOpen = true
  private let capacity: Int
  private var bytes: [UInt8] = []

  init?(capacity: Int) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    (descriptor, childEnd) = (ends[0], ends[1])
    self.capacity = capacity
  }

  /// The last bytes.
  var kept: [UInt8] { Array(bytes.suffix(capacity)) }

  /// Takes what is there, without waiting.
  func drain() {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while isOpen {
      let count = recv(descriptor, &piece, piece.count, Int32(MSG_DONTWAIT))
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return }
      guard count > 0 else {
        isOpen = false
        return
      }
      bytes += piece[..<count]
      if bytes.count > 2 * capacity + piece.count { bytes.removeFirst(bytes.count - capacity) }
    }
  }

  func closeChildEnd() {
    if childEnd >= 0 { Glibc.close(childEnd) }
    childEnd = -1
  }

  func close() {
    closeChildEnd()
    Glibc.close(descriptor)
  }
}

/// The last lines of a text that are not blank.
func lastLines(_ text: [UInt8], _ count: Int) -> [String] {
  String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    .filter { $0.contains { !$0.isWhitespace } }.suffix(count)
}
