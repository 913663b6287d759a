import PluginAPI
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

private let received = Atomic<Bool>(false)

/// Ctrl-C and SIGTERM: the step at hand is finished, state is saved, the command exits with 130 and says how to go on.
enum Interruption {

  static var isRequested: Bool { received.load(ordering: .relaxed) }

  /// From now on the first signal asks; a second one kills as usual.
  static func watch() {
    for signal in [SIGINT, SIGTERM] {
      _ = Glibc.signal(signal) { number in
        received.store(true, ordering: .relaxed)
        _ = Glibc.signal(number, SIG_DFL)
      }
    }
  }

  /// From now on signals kill as usual.
  static func unwatch() {
    for signal in [SIGINT, SIGTERM] { _ = Glibc.signal(signal, SIG_DFL) }
  }

  /// Saves and tells whether to stop.
  static func check(save: () throws -> Void) throws -> Bool {
    guard isRequested else { return false }
    try save()
    return true
  }
}
