import PluginAPI

/// Asks an augmentor, sees to it that each request is answered once, and stores the answers as they come.
struct Asking: Sendable {
  let augmentation: Augmentation
  let split: String
  let failBelow: Int
  let store: ContextStore?
  let progress: Progress

  /// How many contexts of the split the store had before.
  var found = 0

  /// How many requests may fail one after the other: whatever it is, it is not the sentence. Where the split has contexts
  /// already, what is left may be the very sentences that nobody answers.
  private func mostFailures(_ requests: [ContextRequest]) -> Int {
    found > 0 ? max(5, (requests.first?.splitCount ?? 0) / 20) : 5
  }

  /// One answer a request, as the store has it: another process may have been first.
  func answers(_ requests: [ContextRequest], keys: [String]) async throws -> ([Context], AugmentationMeter) {
    let writer = store.map(AnswerWriter.init)
    Interruption.watch()
    defer { Interruption.unwatch() }
    var outcome: Swift.Result<([Context], AugmentationMeter), any Error>
    do { outcome = .success(try await ask(requests, keys, writer)) } catch { outcome = .failure(error) }
    // Whatever happened, what was answered is kept.
    do { try await writer?.finish() } catch { outcome = .failure(error) }
    if Interruption.isRequested {
      Console.shared.alarm(
        "interrupted; \(store == nil ? "nothing had to be stored" : "every context that was finished is stored"). Go on with:\n"
          + "  \(ownCommandLine())")
      throw ExitStatus.interrupted
    }
    var (answers, meter) = try outcome.get()
    if let store {
      let kept = try store.contexts(keys: keys)
      for (i, key) in keys.enumerated() { if let first = kept[key] { answers[i] = first } }
    }
    return (answers, meter)
  }

  private func ask(
    _ requests: [ContextRequest], _ keys: [String], _ writer: AnswerWriter?
  ) async throws -> ([Context], AugmentationMeter) {
    try await withThrowingTaskGroup(of: ([Context], AugmentationMeter)?.self) { group in
      group.addTask { try await collect(requests, keys, writer) }
      group.addTask {
        // A signal, which nothing can wait for, cancels the augmentor's task; what is paid for is waited for.
        while !Interruption.isRequested { try await Task.sleep(for: .milliseconds(50)) }
        if let augmentor = augmentation.augmentor as? any OrderlyStop {
          Console.shared.alarm("waiting for the contexts that are asked for already; another Ctrl-C drops them")
          augmentor.stop()
          while true { try await Task.sleep(for: .seconds(1)) }
        }
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let answers = first else { throw CancellationError() }
      return answers
    }
  }

  private func collect(
    _ requests: [ContextRequest], _ keys: [String], _ writer: AnswerWriter?
  ) async throws -> ([Context], AugmentationMeter) {
    var answers = [Context?](repeating: nil, count: requests.count)
    var meter = AugmentationMeter(split: split, wanted: requests.count, failBelow: failBelow)
    do {
      for try await (index, context) in try await augmentation.augmentor.contexts(for: requests) {
        guard answers.indices.contains(index) else {
          throw PluginError("it answered request \(index) of \(requests.count)")
        }
        guard answers[index] == nil else { throw PluginError("it answered request \(index) twice") }
        answers[index] = context
        meter.count(context, progress: progress)
        if let reason = context.failure {
          let most = mostFailures(requests)
          guard meter.failedInARow < most else {
            throw PluginError("\(most) requests failed one after the other, the last one: \(reason)")
          }
          continue
        }
        try writer?.add(
          ContextRecord(
            key: keys[index], generator: augmentation.generator, sentence: sentenceText(requests[index].words), context: context
          ))
      }
    } catch let error as Diagnostic {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch let failure as HTTPFailure {
      throw Diagnostic(failure, about: place, hint: kept(meter))
    } catch {
      throw fault("\(error)", meter)
    }
    try Task.checkCancellation()
    if let missing = answers.firstIndex(where: { $0 == nil }) {
      throw fault("sentence \(requests[missing].position) was not answered", meter)
    }
    return (answers.compactMap { $0 }, meter)
  }

  private func fault(_ text: String, _ meter: AugmentationMeter) -> Diagnostic {
    Diagnostic("P320", "\(place): \(text)", hint: kept(meter))
  }

  private var place: String { "augmentor `\(augmentation.id)`, split `\(split)`" }

  private func kept(_ meter: AugmentationMeter) -> String? {
    guard store != nil && meter.asked > 0 else { return nil }
    return "the \(meter.asked) contexts that it gave are stored; the same command asks for the rest"
  }
}

/// The command that this process runs, for a shell.
func ownCommandLine() -> String {
  let safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+"
  return (["calm"] + CommandLine.arguments.dropFirst()).map { argument in
    !argument.isEmpty && argument.allSatisfy(safe.contains) ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }.joined(separator: " ")
}
