import PluginAPI
import Synchronization

/// Tries the laws of an augmentor.
///
/// - Parameters:
///   - requests: what it can answer, where that is not just any sentence; they should be odd enough (``LawSentences/odd``).
///   - patience: how long it may take to end after its task was cancelled.
func checkAugmentor(
  _ augmentor: any Augmentor, manifest: Manifest, requests: [ContextRequest]? = nil, seed: UInt64 = 1,
  patience: Duration = .seconds(5), book: LawBook = LawBook()
) async -> [LawResult] {
  var book = book
  var sentences = LawSentences(seed: seed)
  let ordinary = LawSentences.requests(sentences.ordinary(4), prompts: manifest.takesPrompt, seed: seed)
  let odd = LawSentences.requests(LawSentences.odd + [LawSentences.veryLong], prompts: manifest.takesPrompt, seed: seed)
  let elsewhere: Verdict? =
    requests == nil && !manifest.answersNewText ? .untried("it answers for its own sentences alone, and none were given") : nil
  let fuzzed = LawSentences.requests(LawSentences.fuzzed(8, seed: seed), prompts: manifest.takesPrompt, seed: seed)
  let laws = AugmentorLaws(augmentor: augmentor, seeded: manifest.seeded, patience: patience)

  await book.law("every index is answered exactly once") {
    if let elsewhere { return elsewhere }
    return Verdict(try await laws.countFault(requests ?? ordinary))
  }
  await book.law("no requests get no answers") { Verdict(try await laws.countFault([])) }
  await book.law("odd and very long sentences are answered") {
    if let elsewhere { return elsewhere }
    return Verdict(try await laws.countFault(requests ?? odd))
  }
  await book.law("fuzzed batches of fuzzed sentences are answered") {
    if let elsewhere { return elsewhere }
    return Verdict(try await laws.fuzzFault(requests ?? fuzzed, seed: seed))
  }
  await book.law("equal requests get equal texts") {
    if let elsewhere { return elsewhere }
    return try await laws.repetition(requests ?? ordinary)
  }
  await book.law("texts depend neither on order nor on batch") {
    if let elsewhere { return elsewhere }
    return try await laws.batching(requests ?? ordinary)
  }
  await book.law("it ends when its task is cancelled") {
    if let elsewhere { return elsewhere }
    return await laws.cancellation(requests ?? ordinary)
  }
  await book.law("the fingerprint names something and stays") {
    let fingerprint = augmentor.fingerprint
    guard !fingerprint.isEmpty else { return .broken("it is empty, so contexts of other models would be taken for this one's") }
    // What it counts or times would show after it has answered; one that answers for its own sentences alone answers nothing.
    if elsewhere == nil { _ = try await laws.countFault(requests ?? ordinary) }
    return Verdict(augmentor.fingerprint == fingerprint ? nil : "it was \(fingerprint) and became \(augmentor.fingerprint)")
  }
  if book.isAlone {
    await book.law("calls leave nothing behind") {
      if let elsewhere { return elsewhere }
      let one = Array((requests ?? ordinary).prefix(1))
      var watch = ResidueWatch()
      while watch.wantsMore {
        _ = try await laws.countFault(one)
        watch.called()
      }
      return watch.verdict
    }
  }
  return book.results
}

private struct AugmentorLaws {
  let augmentor: any Augmentor
  let seeded: Bool
  let patience: Duration

  /// The answers as they came.
  private func answers(_ requests: [ContextRequest]) async throws -> [(index: Int, context: Context)] {
    var answers: [(index: Int, context: Context)] = []
    for try await answer in try await augmentor.contexts(for: requests) {
      if let failure = answer.context.failure { throw LawFault(reason: "request \(answer.index) fails: \(failure)") }
      answers.append(answer)
    }
    return answers
  }

  /// Texts by index, of requests that are numbered anew as one batch is.
  private func texts(_ requests: [ContextRequest]) async throws -> [Int: String] {
    var batch = requests
    for i in batch.indices { batch[i].index = i }
    var texts: [Int: String] = [:]
    for (index, context) in try await answers(batch) where requests.indices.contains(index) {
      texts[requests[index].index] = context.text
    }
    return texts
  }

  func countFault(_ requests: [ContextRequest]) async throws -> String? {
    var counts: [Int: Int] = [:]
    for (index, _) in try await answers(requests) { counts[index, default: 0] += 1 }
    for request in requests {
      switch counts.removeValue(forKey: request.index) {
      case nil: return "request \(request.index) of \(requests.count) is not answered"
      case 1?: continue
      case let count?: return "request \(request.index) is answered \(count) times"
      }
    }
    return counts.keys.min().map { "it answers \($0), which was not asked" }
  }

  /// Some of the requests at a time, in any order.
  func fuzzFault(_ requests: [ContextRequest], seed: UInt64) async throws -> String? {
    var random = RandomStream(seed: seed, "laws.fuzz.batches")
    for round in 0..<3 {
      var batch = Array(requests.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random)))
      for i in batch.indices { batch[i].index = i }
      do {
        if let fault = try await countFault(batch) { throw LawFault(reason: fault) }
      } catch {
        return "batch \(round) of seed \(seed): " + ((error as? LawFault)?.reason ?? "it threw: \(error)")
      }
    }
    return nil
  }

  func repetition(_ requests: [ContextRequest]) async throws -> Verdict {
    guard seeded else { return .untried("its manifest does not say `seeded`") }
    return Verdict(Self.difference(try await texts(requests), try await texts(requests)))
  }

  func batching(_ requests: [ContextRequest]) async throws -> Verdict {
    guard seeded else { return .untried("its manifest does not say `seeded`") }
    let together = try await texts(requests)
    let reversed = Array(requests.reversed()), middle = reversed.count / 2
    let parts = try await texts(Array(reversed[..<middle])).merging(texts(Array(reversed[middle...]))) { first, _ in first }
    return Verdict(Self.difference(together, parts))
  }

  private static func difference(_ some: [Int: String], _ others: [Int: String]) -> String? {
    let index = Set(some.keys).union(others.keys).sorted().first { some[$0] != others[$0] }
    return index.map {
      "request \($0) gets `\((some[$0] ?? "nothing").prefix(60))` and then `\((others[$0] ?? "nothing").prefix(60))`"
    }
  }

  /// Cancels before the first answer and while the second is waited for. A task that does not end is left behind: nothing can
  /// stop it.
  func cancellation(_ requests: [ContextRequest]) async -> Verdict {
    let clock = ContinuousClock()
    for answers in [0, 1] {
      let reached = Flag(), ended = Flag()
      let task = Task {
        defer { ended.raise() }
        for try await _ in try await augmentor.contexts(for: requests) { reached.raise() }
      }
      while answers > 0 && !reached.isUp && !ended.isUp { try? await clock.sleep(for: .milliseconds(1)) }
      task.cancel()
      let deadline = clock.now + patience
      while !ended.isUp && clock.now < deadline { try? await clock.sleep(for: .milliseconds(1)) }
      guard ended.isUp else {
        return .broken("\(patience) after it was cancelled with \(answers) answers given it is still busy")
      }
    }
    return .kept
  }
}

private final class Flag: Sendable {
  private let up = Mutex(false)
  func raise() { up.withLock { $0 = true } }
  var isUp: Bool { up.withLock { $0 } }
}
