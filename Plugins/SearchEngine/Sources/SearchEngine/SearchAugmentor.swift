import PluginAPI

/// Gives each sentence the best of what a search finds for it.
///
/// Sentences go through in batches: while one is ranked the next is searched. What was found is given before anything is
/// thrown, so that it is stored and not asked for again. A failure that concerns one sentence is that sentence's answer.
final class SearchAugmentor: Searcher {
  let fingerprint: [String: String]
  private let options: SearchOptions
  private let chain: ProviderChain
  private let filter: CandidateFilter
  private let ranking: Ranking?
  private let assembly: ContextAssembly

  convenience init(_ options: SearchOptions, services: Services) throws {
    try self.init(options, providers: options.providers.map { try $0.open(services) }, services: services)
  }

  init(_ options: SearchOptions, providers: [any SearchProvider], services: Services) throws {
    guard !providers.isEmpty else {
      throw PluginError("`providers` is empty", hint: "name one, e.g. [{provider: local, index: corpus.index}]")
    }
    self.options = options
    chain = ProviderChain(providers, services: services)
    filter = CandidateFilter(exclude: options.exclude, maxOverlap: options.maxOverlap, words: options.candidateWords)
    ranking = options.rankBy == .bertscore ? try Ranking(options.rank, services: services) : nil
    assembly = ContextAssembly(keep: options.keep, maxWords: options.maxWords)
    fingerprint = Self.fingerprint(options, providers, ranking)
  }

  private static func fingerprint(
    _ options: SearchOptions, _ providers: [any SearchProvider], _ ranking: Ranking?
  ) -> [String: String] {
    func line(_ names: [String: String]) -> String {
      names.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
    var names = [
      "retrieve": "\(options.retrieve)", "keep": "\(options.keep)", "maxWords": "\(options.maxWords)",
      "candidateWords": "\(options.candidateWords)", "maxOverlap": "\(options.maxOverlap)",
      "rank": ranking.map { line($0.fingerprint) } ?? "engine",
    ]
    if !options.exclude.isEmpty { names["exclude"] = options.exclude.sorted().joined(separator: " ") }
    for (place, provider) in providers.enumerated() {
      names["provider.\(place)"] = provider.name + " " + line(provider.fingerprint)
    }
    return names
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    // Searches may be paid for: a model that cannot rank what they find is a fault before them.
    if !requests.isEmpty { try await ranking?.open() }
    return AsyncThrowingStream { answers in
      let task = Task {
        do {
          try await answer(requests) { answers.yield($0) }
          answers.finish()
        } catch { answers.finish(throwing: Task.isCancelled ? nil : error) }
      }
      answers.onTermination = { _ in task.cancel() }
    }
  }

  private typealias Found = [Result<ProviderChain.Answer, SearchFailure>]

  private func answer(
    _ requests: [ContextRequest], _ give: @escaping @Sendable ((index: Int, context: Context)) -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for from in stride(from: 0, to: requests.count, by: options.batch) {
        let batch = Array(requests[from..<min(from + options.batch, requests.count)])
        let found = await chain.search(batch.map(Self.sentence), limit: options.retrieve)
        let earlier = await group.nextResult()
        try Task.checkCancellation()
        group.addTask { try await self.finish(batch, found, give) }
        if case .failure(let error) = earlier {
          _ = await group.nextResult()
          throw error
        }
      }
      try await group.waitForAll()
    }
  }

  /// Ranks and gives what was found for a batch; then throws where no engine will answer any more.
  private func finish(
    _ requests: [ContextRequest], _ found: Found, _ give: ((index: Int, context: Context)) -> Void
  ) async throws {
    let answers = zip(requests, found).compactMap { request, result in (try? result.get()).map { (request, $0) } }
    let sets = answers.map { request, answer in
      (sentence: Self.sentence(request), candidates: filter.candidates(answer.hits, sentence: Self.sentence(request)))
    }
    let ranked = try await ranking?.ranked(sets) ?? sets.map(\.candidates)
    var contexts = try zip(answers, ranked).map { try assembly.context($1, $0.1) }[...], fault: Diagnostic?
    // In the order of the sentences: whoever counts failures in a row sees them as they were.
    for (request, result) in zip(requests, found) {
      switch result {
      case .success: if let context = contexts.popFirst() { give((request.index, context)) }
      case .failure where Task.isCancelled: continue
      case .failure(let failure) where failure.isLasting: fault = fault ?? Self.fault(failure, request)
      case .failure(let failure): give((request.index, .failed(failure.message)))
      }
    }
    if let fault { throw fault }
  }

  private static func fault(_ failure: SearchFailure, _ request: ContextRequest) -> Diagnostic {
    Diagnostic(
      "N510",
      "no provider answered for sentence \(request.position) of split `\(request.split)`, "
        + "`\(sentence(request).prefix(80))`: \(failure.message)",
      hint: "what was found is stored; the same command asks for the rest")
  }

  func search(_ query: String, limit: Int) async throws -> [SearchHit] {
    guard let result = await chain.search([query], limit: limit).first else { return [] }
    switch result {
    case .success(let answer): return answer.hits
    case .failure(let failure): throw Diagnostic("N510", "there is no answer: \(failure.message)")
    }
  }

  private static func sentence(_ request: ContextRequest) -> String { request.words.joined(separator: " ") }
}
