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

  private let providers: [any SearchProvider]
  private let services: Services
  /// Providers that will not answer any more, by their place in the chain, and what has been said to the user.
  private let state = Mutex((parked: [Int: SearchFailure](), told: Set<String>()))

  init(_ providers: [any SearchProvider], services: Services) {
    self.providers = providers
    self.services = services
  }

  /// An answer for each sentence; a failure where no engine had one.
  func search(_ sentences: [String], limit: Int) async -> [Result<Answer, SearchFailure>] {
    var answers = [Answer](repeating: Answer(), count: sentences.count)
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
          answers[i].failures.append("\(provider.name): \(failure.message)")
          left.append(i)
          tell(provider, place, failure)
        }
      }
      open = left
    }
    return answers.map { answer in
      answer.provider.isEmpty ? .failure(SearchFailure(answer.failures.joined(separator: "; "))) : .success(answer)
    }
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
    if let failure = state.withLock({ $0.parked[place] }) { return queries.map { _ in .failure(failure) } }
    let results: [Result<[SearchHit], SearchFailure>]
    do {
      results = try await provider.search(queries, limit: limit)
    } catch {
      results = queries.map { _ in .failure(SearchFailure(error)) }
    }
    for case .failure(let failure) in results where failure.isLasting { state.withLock { $0.parked[place] = failure } }
    return results
  }

  /// Warns once of each kind of failure.
  private func tell(_ provider: any SearchProvider, _ place: Int, _ failure: SearchFailure) {
    let isNew = state.withLock { $0.told.insert("\(place) \(failure.message)").inserted }
    guard isNew, !Task.isCancelled else { return }
    let next = place + 1 < providers.count ? "`\(providers[place + 1].name)` is asked instead" : "no other provider is left"
    services.log(
      .warning,
      "search-engine: provider `\(provider.name)` failed, \(next): \(failure.message)"
        + (failure.isLasting ? "; it is not asked again" : ""))
  }
}
