import PluginAPI
import Synchronization

/// An augmentor small enough to be broken in one place at a time: a sentence backwards, and a number of its random stream.
final class ToyAugmentor: Augmentor {
  enum Fault: String, CaseIterable {
    case skips, repeats, inventsIndices, refusesNothing, refusesOddWords, forgetsSeed, countsBatch, ignoresCancellation
    case ignoresCancellationMidway, noFingerprint, otherFingerprint

    /// How the law begins that it breaks.
    var law: String {
      switch self {
      case .skips, .repeats, .inventsIndices: "every index is answered exactly once"
      case .refusesNothing: "no requests get no answers"
      case .refusesOddWords: "odd and very long sentences are answered"
      case .forgetsSeed: "equal requests get equal texts"
      case .countsBatch: "texts depend neither on order nor on batch"
      case .ignoresCancellation, .ignoresCancellationMidway: "it ends when its task is cancelled"
      case .noFingerprint, .otherFingerprint: "the fingerprint names something and stays"
      }
    }
  }

  private let fault: Fault?
  private let calls = Mutex(0)

  init(_ fault: Fault?) { self.fault = fault }

  static func manifest(seeded: Bool = true) -> Manifest {
    Manifest(id: "toy", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0", summary: "", seeded: seeded)
  }

  var fingerprint: [String: String] {
    switch fault {
    case .noFingerprint: [:]
    case .otherFingerprint: ["calls": "\(calls.withLock { $0 })"]
    default: ["direction": "backwards"]
    }
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    let call = calls.withLock { calls in
      calls += 1
      return calls
    }
    if fault == .refusesNothing && requests.isEmpty { throw PluginError("nothing to do") }
    if fault == .refusesOddWords && requests.contains(where: { $0.words.contains("\u{FE0F}") }) { throw PluginError("odd") }
    if fault == .ignoresCancellation { await Self.linger() }
    var answers = requests.map { request in
      var random = request.random
      var text = request.words.reversed().joined(separator: " ") + " \(random.next() % 100)"
      if fault == .forgetsSeed { text += " \(call)" }
      if fault == .countsBatch { text += " \(requests.count)" }
      return (index: request.index, context: Context(text: text))
    }
    if fault == .skips { answers = answers.dropLast() }
    if fault == .repeats { answers += answers.prefix(1) }
    if fault == .inventsIndices { answers.append((index: requests.count, context: Context(text: ""))) }
    let remaining = Mutex(answers[...])
    return AsyncThrowingStream { [fault, second = answers.dropFirst().first?.index] in
      guard let answer = Task.isCancelled ? nil : remaining.withLock({ $0.popFirst() }) else { return nil }
      if fault == .ignoresCancellationMidway && answer.index == second { await Self.linger() }
      return answer
    }
  }

  /// A while that cancellation does not shorten.
  private static func linger() async {
    await Task.detached { try? await Task.sleep(for: .milliseconds(300)) }.value
  }
}
