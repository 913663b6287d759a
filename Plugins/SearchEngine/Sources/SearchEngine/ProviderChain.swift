import PluginAPI
import Synchronization

/// Engines that are asked in turn: the first that finds something for a sentence has the word.
final class ProviderChain: Sendable {
  /// What became of a sentence.
  struct Answer: Sendable {
    var hits: [SearchHit] = []
    /// Who found them, or, where nothing is found, who said so.
    var provider = ""
    /// Engines that were to answer before, and why they did not.
    var failures: [String] = []
  }

  /// What is known of the engines.
  private struct State {
    /// Those that will not answer any more, by their place in the chain.
    var parked: [Int: SearchFailure] = [:]
    /// Since when those that are left alone for a while have not answered.
    var silent: [Int: ContinuousClock.Instant] = [:]
    /// What the user has been told.
    var told: Set<String> = []
  }

  private let providers: [any SearchProvider]
  private let services: Services
  /// How long a server that is left alone for a while is waited for.
  private let patience: Duration
  private let state = Mutex(State())

  init(_ providers: [any SearchProvider], services: Services, patience: Duration = .seconds(120)) {
    self.providers = providers
    self.services = services
    self.patience = patience
  }

  /// An answer for each sentence. That nothing is found is one only where every engine says so: what an engine that failed
  /// would have found is not known.
  func search(_ sentences: [String], limit: Int) async -> [Result<Answer, SearchFailure>] {
    var answers = [Answer](repeating: Answer(), count: sentences.count)
    var failures = [[SearchFailure]](repeating: [], count: sentences.count)
    var open = Array(sentences.indices)
    for (place, provider) in providers.enumerated() where !open.isEmpty && !Task.isCancelled {
      let found = await ask(provider, place, open.map { sentences[$0] }, limit)
      var left: [Int] = []
      for (i, result) in zip(open, found) {
        switch result {
        case .success(let hits):
          answers[i].hits = hits
          answers[i].provider = provider.name
          if hits.isEmpty { left.append(i) }
        case .failure(let failure):
          failures[i].append(failure)
          answers[i].failures.append("\(provider.name): \(failure.message)")
          left.append(i)
          tell(provider, place, failure)
        }
      }
      open = left
    }
    let unanswered = Set(open)
    return zip(answers, failures).enumerated().map { i, found in
      let (answer, failures) = found
      let isWhole = !unanswered.contains(i) || (failures.isEmpty && !Task.isCancelled)
      return isWhole ? .success(answer) : .failure(failure(answer, failures))
    }
  }

  /// Why a sentence has no answer; it concerns every sentence where it does so for each engine.
  private func failure(_ answer: Answer, _ failures: [SearchFailure]) -> SearchFailure {
    let others = answer.provider.isEmpty ? "" : "\(answer.provider) found nothing; "
    var whole = SearchFailure(others + answer.failures.joined(separator: "; "))
    whole.isLasting = failures.count == providers.count && failures.allSatisfy { $0.isLasting || $0.isOutage }
    return whole
  }

  /// The answers of one engine: at most `concurrency` requests at a time, none after a failure that lasts.
  private func ask(
    _ provider: any SearchProvider, _ place: Int, _ queries: [String], _ limit: Int
  ) async -> [Result<[SearchHit], SearchFailure>] {
    let parts = stride(from: 0, to: queries.count, by: provider.batch).map { $0..<min($0 + provider.batch, queries.count) }
    return await withTaskGroup(of: (Range<Int>, [Result<[SearchHit], SearchFailure>]).self) { group in
      var answers = [Result<[SearchHit], SearchFailure>](
        repeating: .failure(SearchFailure("it was not asked")), count: queries.count)
      var rest = parts.makeIterator()
      func start(_ part: Range<Int>) {
        group.addTask { (part, await self.request(provider, place, Array(queries[part]), limit)) }
      }
      for _ in 0..<max(1, provider.concurrency) { if let part = rest.next() { start(part) } }
      while let (part, results) = await group.next() {
        answers.replaceSubrange(part, with: results)
        if let part = rest.next() { start(part) }
      }
      return answers
    }
  }

  private func request(
    _ provider: any SearchProvider, _ place: Int, _ queries: [String], _ limit: Int
  ) async -> [Result<[SearchHit], SearchFailure>] {
    while true {
      if let failure = state.withLock({ $0.parked[place] }) { return queries.map { _ in .failure(failure) } }
      let results: [Result<[SearchHit], SearchFailure>]
      do {
        results = try await provider.search(queries, limit: limit)
      } catch {
        results = queries.map { _ in .failure(SearchFailure(error)) }
      }
      note(results, place)
      let pauses = results.compactMap { result in if case .failure(let failure) = result { failure.pause } else { nil } }
      guard pauses.count == queries.count, let seconds = pauses.max(), await wait(.seconds(seconds), for: provider, place)
      else { return results }
    }
  }

  private func note(_ results: [Result<[SearchHit], SearchFailure>], _ place: Int) {
    state.withLock { state in
      for result in results {
        switch result {
        case .success: state.silent[place] = nil
        case .failure(let failure):
          if failure.isLasting { state.parked[place] = failure }
          // Where nobody is there to answer, waiting is not worth it.
          if failure.isOutage { state.silent[place] = .now - patience }
        }
      }
    }
  }

  /// Waits for a server that is left alone for a while; false where it has been waited for long enough.
  private func wait(_ time: Duration, for provider: any SearchProvider, _ place: Int) async -> Bool {
    let (since, isNew) = state.withLock { state in
      let known = state.silent[place], since = known ?? ContinuousClock.now
      state.silent[place] = since
      return (since, known == nil)
    }
    guard since.duration(to: .now) + time <= patience else { return false }
    if isNew {
      services.log(.warning, "search-engine: provider `\(provider.name)` fails again and again and is waited for")
    }
    return (try? await Task.sleep(for: time)) != nil
  }

  /// Warns once of each kind of failure.
  private func tell(_ provider: any SearchProvider, _ place: Int, _ failure: SearchFailure) {
    // The rest of a pause is another each time.
    let kind = failure.pause == nil ? failure.message : "left alone"
    let isNew = state.withLock { $0.told.insert("\(place) \(kind)").inserted }
    guard isNew, !Task.isCancelled else { return }
    let next = place + 1 < providers.count ? "`\(providers[place + 1].name)` is asked instead" : "no other provider is left"
    services.log(
      .warning,
      "search-engine: provider `\(provider.name)` failed, \(next): \(failure.message)"
        + (failure.isLasting ? "; it is not asked again" : ""))
  }
}
