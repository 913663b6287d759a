import Logging
import PluginAPI
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Standard output carries results, standard error the talk. One live line stands at the bottom of a terminal and makes way for
/// everything else.
final class Console: Sendable {
  static let shared = Console()

  private struct State {
    var live = ""
    var quiet = false
  }
  private let state = Mutex(State())
  let isTerminal = isatty(STDERR_FILENO) == 1
  let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  private let noColour = environment("NO_COLOR").map { !$0.isEmpty } ?? false

  /// Whether standard error, or standard output, takes colours.
  var colour: Bool { isTerminal && !noColour }
  var outputColour: Bool { outputIsTerminal && !noColour }

  /// Switches notes and progress off.
  var quiet: Bool {
    get { state.withLock { $0.quiet } }
    set { state.withLock { $0.quiet = newValue } }
  }

  /// A result, on standard output.
  func result(_ text: String) { output(text + "\n") }

  /// Text as it is, on standard output.
  func output(_ text: String) {
    clear()
    write(STDOUT_FILENO, text)
  }

  /// Talk, on standard error.
  func talk(_ text: String) {
    guard !quiet else { return }
    let live = clear()
    write(STDERR_FILENO, text + "\n")
    if !live.isEmpty { self.live(live) }
  }

  /// What must be seen even where it is quiet: errors.
  func alarm(_ text: String) {
    clear()
    write(STDERR_FILENO, text + "\n")
  }

  /// Replaces the live line; nothing happens where standard error is no terminal.
  func live(_ text: String) {
    guard isTerminal, !quiet else { return }
    let columns = terminalWidth()
    let cut = text.count < columns ? text : String(text.prefix(columns - 1))
    state.withLock { $0.live = cut }
    write(STDERR_FILENO, "\r\u{1B}[K" + cut)
  }

  /// Takes the live line away.
  @discardableResult
  func clear() -> String {
    let live = state.withLock { state -> String in
      defer { state.live = "" }
      return state.live
    }
    if !live.isEmpty { write(STDERR_FILENO, "\r\u{1B}[K") }
    return live
  }

  private func terminalWidth() -> Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }

  private func write(_ descriptor: Int32, _ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}

/// Sends swift-log's messages to the console.
struct ConsoleLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = environment("CALM_LOG").flatMap(Logger.Level.init(rawValue:)) ?? .info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    Console.shared.talk(event.level >= .warning ? "\(event.level): \(event.message)" : "\(event.message)")
  }
}

/// The program's log.
let logger = Logger(label: "calm") { _ in ConsoleLogHandler() }

/// `$CALM_CACHE`, by default `~/.cache/calm`.
func defaultCacheFolder() -> String {
  if let folder = environment("CALM_CACHE"), !folder.isEmpty { return folder }
  return (environment("HOME") ?? "/tmp") + "/.cache/calm"
}
