import FoundationEssentials
import PluginAPI
import SearchIndex
import Synchronization
import TestSupport
import Testing
import Transformers

@testable import SearchEngine

/// An engine that answers from a table; sentences that are not in it fail.
final class TableProvider: SearchProvider {
  let name: String
  let fingerprint = ["table": "1"]
  let concurrency: Int
  let batch: Int
  private let answers: [String: [String]]
  private let isLasting: Bool, isOutage: Bool
  private let count = Mutex((now: 0, most: 0, asked: [String]()))

  init(
    _ name: String, _ answers: [String: [String]], isLasting: Bool = false, isOutage: Bool = false, concurrency: Int = 2,
    batch: Int = 1
  ) {
    (self.name, self.answers, self.isLasting, self.isOutage) = (name, answers, isLasting, isOutage)
    (self.concurrency, self.batch) = (concurrency, batch)
  }

  var asked: [String] { count.withLock { $0.asked } }
  var mostAtATime: Int { count.withLock { $0.most } }

  func search(_ queries: [String], limit: Int) async throws -> [Result<[SearchHit], SearchFailure>] {
    count.withLock {
      $0.now += 1
      $0.most = max($0.most, $0.now)
      $0.asked += queries
    }
    try await Task.sleep(for: .milliseconds(2))
    count.withLock { $0.now -= 1 }
    return queries.map { query in
      guard let texts = answers[query] else {
        var failure = SearchFailure("\(name) is down", isLasting: isLasting)
        failure.isOutage = isOutage
        return .failure(failure)
      }
      return .success(texts.enumerated().map { hit(rank: $0 + 1, id: "\(name)\($0)", title: "", text: $1) })
    }
  }
}

@Suite("Search: augmentor")
struct SearchAugmentorTests {
  /// Options that rank as the engine does, changed by `change`.
  private func options(_ change: (inout SearchOptions) -> Void = { _ in }) -> SearchOptions {
    var options = SearchOptions(
      providers: [], retrieve: 50, keep: 6, maxWords: 210, candidateWords: 200, rankBy: .engine, rank: nil, exclude: [],
      maxOverlap: 0.6, batch: 4)
    change(&options)
    return options
  }

  private func requests(_ sentences: [String]) -> [ContextRequest] {
    sentences.enumerated().map { i, sentence in
      ContextRequest(
        index: i, words: sentence.split(separator: " ").map(String.init), split: "dev", position: i,
        splitCount: sentences.count, random: RandomStream(seed: 1, sentence))
    }
  }

  private func answers(_ augmentor: SearchAugmentor, _ sentences: [String]) async -> ([Int: Context], (any Error)?) {
    var found: [Int: Context] = [:]
    do {
      for try await (index, context) in try await augmentor.contexts(for: requests(sentences)) {
        #expect(found.updateValue(context, forKey: index) == nil)
      }
    } catch { return (found, error) }
    return (found, nil)
  }

  @Test func theFirstThatFindsSomethingWins() async throws {
    let (services, warnings) = FakeServices.services()
    let first = TableProvider("first", ["a": ["A1", "A2"], "b": [], "e": []])
    let second = TableProvider("second", ["b": ["B1"], "c": ["C1"], "e": []])
    let augmentor = try SearchAugmentor(options(), providers: [first, second], services: services)
    let (found, error) = await answers(augmentor, ["a", "b", "c", "e"])
    #expect(error == nil)
    #expect(found.mapValues(\.text) == [0: "A1 A2", 1: "B1", 2: "C1", 3: ""])
    #expect(found.mapValues { $0.details["provider"] } == [0: "first", 1: "second", 2: "second", 3: "second"])
    #expect(found[2]?.details["failed"] == "first: first is down" && found[0]?.details["failed"] == nil)
    #expect(second.asked.sorted() == ["b", "c", "e"])
    #expect(warnings.all.count == 1 && warnings.all[0].contains("`second` is asked instead"))
  }

  /// A failure is no empty context, and no end of the rest.
  @Test func failuresAreTheSentencesOwn() async throws {
    let provider = TableProvider("only", ["a": ["A1"], "b": ["B1"], "d": []])
    let augmentor = try SearchAugmentor(options(), providers: [provider], services: FakeServices.services().services)
    let (found, error) = await answers(augmentor, ["a", "b", "lost one", "d"])
    #expect(error == nil && found.mapValues(\.text) == [0: "A1", 1: "B1", 2: "", 3: ""])
    #expect(found.compactMapValues(\.failure) == [2: "only: only is down"])
  }

  /// What the engine that failed would have found is not known.
  @Test(arguments: [false, true]) func nothingIsOnlyWhatEveryEngineSays(failsFirst: Bool) async throws {
    let silent = TableProvider("silent", ["a": [], "b": []]), broken = TableProvider("broken", ["b": []])
    let augmentor = try SearchAugmentor(
      options(), providers: failsFirst ? [broken, silent] : [silent, broken], services: FakeServices.services().services)
    let (found, error) = await answers(augmentor, ["a", "b"])
    #expect(error == nil && found[1]?.failure == nil && found[1]?.text == "")
    #expect(found[0]?.failure == "silent found nothing; broken: broken is down")
  }

  /// Where no engine would answer there is no use in going on. What was found is given first, of the next batch too.
  @Test func whatWasFoundIsGivenBeforeTheEnd() async throws {
    let provider = TableProvider("only", ["a": ["A1"], "b": ["B1"], "e": ["E1"], "g": ["G1"]], isOutage: true)
    let augmentor = try SearchAugmentor(
      options { $0.batch = 3 }, providers: [provider], services: FakeServices.services().services)
    let (found, error) = await answers(augmentor, ["a", "b", "lost one", "e", "f", "e", "g"])
    #expect(found.mapValues(\.text) == [0: "A1", 1: "B1", 3: "E1", 5: "E1"])
    #expect(!provider.asked.contains("g"))
    let fault = try #require(error as? Diagnostic)
    #expect(fault.code == "N510" && fault.message.contains("lost one") && fault.message.contains("sentence 2 of split `dev`"))
    #expect(fault.message.contains("only is down"))
  }

  @Test func anEngineWithoutQuotaIsNotAskedAgain() async throws {
    let sentences = (0..<12).map { "s\($0)" }
    let first = TableProvider("first", [:], isLasting: true, concurrency: 1)
    let second = TableProvider("second", Dictionary(uniqueKeysWithValues: sentences.map { ($0, ["about " + $0]) }))
    let (services, warnings) = FakeServices.services()
    let augmentor = try SearchAugmentor(options(), providers: [first, second], services: services)
    let (found, error) = await answers(augmentor, sentences)
    #expect(error == nil && found.count == 12 && first.asked.count == 1)
    #expect(warnings.all.count == 1 && warnings.all[0].contains("not asked again"))
  }

  /// A server that is left alone for a while is waited for, and not parked.
  @Test func pausesAreWaitedFor() async throws {
    let left = Mutex(3)
    let server = FakeServer { _ in
      let isOpen = left.withLock { left in
        left -= 1
        return left < 0
      }
      guard isOpen else { throw HTTPFailure(.circuit, "http://w is left alone", retryAfter: 0.01, attempts: 0) }
      return #"{"query": {"search": [{"title": "Oslo", "pageid": 7, "snippet": "a city"}]}}"#
    }
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki"}"#, server)
    let (services, warnings) = FakeServices.services()
    let chain = ProviderChain([wiki], services: services)
    let found = await chain.search(["Oslo", "Bergen"], limit: 5)
    #expect(try found.map { try $0.get().hits.count } == [1, 1])
    #expect(warnings.all.count == 1 && warnings.all[0].contains("waited for"))
  }

  @Test func pausesThatDoNotEndAreFailures() async throws {
    let server = FakeServer { _ in throw HTTPFailure(.circuit, "http://w is left alone", retryAfter: 0.01, attempts: 0) }
    let wiki = try ProviderOptions.open(#"{"provider": "mediawiki"}"#, server)
    let chain = ProviderChain([wiki], services: FakeServices.services().services, patience: .milliseconds(100))
    for result in await chain.search(["Oslo", "Bergen"], limit: 5) {
      let failure = #expect(throws: SearchFailure.self) { try result.get() }
      #expect(failure?.message.contains("left alone") == true && failure?.isLasting == false)
    }
  }

  /// Whether a failure concerns the query, or whatever is asked.
  @Test(arguments: [
    (HTTPFailure(.status, "w answered 500", status: 500, retries: true), false, false),
    (HTTPFailure(.status, "w answered 401", status: 401), true, false),
    (HTTPFailure(.quota, "w answered 402", status: 402), true, false),
    (HTTPFailure(.refused, "w: the experiment does not allow this host"), true, false),
    (HTTPFailure(.unreachable, "w takes no connection: Connection refused (5 tries)", retries: true), false, true),
    (HTTPFailure(.unreachable, "w: the name `w` cannot be resolved", retries: true), false, true),
    (HTTPFailure(.connection, "w closed the connection before its answer was complete", retries: true), false, false),
    (HTTPFailure(.circuit, "w is left alone"), false, false),
  ])
  func reachOfFailures(failure: HTTPFailure, isLasting: Bool, isOutage: Bool) {
    let found = SearchFailure(failure)
    #expect(found.isLasting == isLasting && found.isOutage == isOutage && (found.pause != nil) == (failure.kind == .circuit))
  }

  /// Searches may be paid for.
  @Test func aModelThatCannotRankIsFoundOutBeforeTheFirstSearch() async throws {
    let none = ConfigNode(.map([]), mark: SourceMark(file: "test", line: 1, column: 1))
    let given = options {
      $0.rankBy = .bertscore
      $0.rank = RankOptions(plugin: "biobert", options: none, layer: nil, idf: false)
    }
    let provider = TableProvider("p", ["a": ["A1"]])
    let augmentor = try SearchAugmentor(given, providers: [provider], services: FakeServices.services().services)
    let (found, error) = await answers(augmentor, ["a"])
    #expect(found.isEmpty && error.map { "\($0)".contains("no encoder here") } == true && provider.asked.isEmpty)
  }

  @Test func requestsAtATimeAndBatches() async throws {
    let sentences = (0..<16).map { "s\($0)" }, table = Dictionary(uniqueKeysWithValues: sentences.map { ($0, ["about " + $0]) })
    let narrow = TableProvider("narrow", table, concurrency: 1), wide = TableProvider("wide", table, concurrency: 3, batch: 2)
    for provider in [narrow, wide] {
      let augmentor = try SearchAugmentor(
        options { $0.batch = 16 }, providers: [provider], services: FakeServices.services().services)
      #expect(await answers(augmentor, sentences).0.count == 16)
    }
    #expect(narrow.mostAtATime == 1 && wide.mostAtATime == 3 && wide.asked.count == 16)
  }

  @Test func bertScoreDecidesTheOrder() async throws {
    let lab = try Lab()
    let settings = try JSONDecoder().decode(
      WordEncoderOptions.self, from: Data(#"{"model": "\#(lab.path("model"))", "precision": "fp32"}"#.utf8))
    let quiet = FakeServices.services().services
    let encoder = try WordEncoder.open(settings, shape: Shape(), services: quiet, plugin: "biobert", modelTypes: ["bert"])
    let sentence = "the old town of Oslo"
    let texts = ["Karl Karl Karl Karl", "zzz !", "Mia went to the old town of Oslo", "Anna is a person"]
    let provider = TableProvider("p", [sentence: texts, "Anna": texts])
    let services = FakeServices.services(encoder: encoder).services
    for idf in [false, true] {
      let none = ConfigNode(.map([]), mark: SourceMark(file: "test", line: 1, column: 1))
      let given = options {
        ($0.rankBy, $0.keep, $0.maxOverlap) = (.bertscore, 1, 1)
        $0.rank = RankOptions(plugin: "biobert", options: none, layer: 2, idf: idf)
      }
      let augmentor = try SearchAugmentor(given, providers: [provider], services: services)
      let (found, error) = await answers(augmentor, [sentence, "Anna"])
      #expect(error == nil)
      let score = try BERTScore(encoder: encoder, layer: 2)
      for (i, sentence) in [sentence, "Anna"].enumerated() {
        let weights = idf ? try score.inverseDocumentFrequencies(of: texts + [sentence]) : nil
        let values = try score(
          candidates: texts, references: texts.map { _ in sentence }, weights: weights)
        let best = values.indices.max { values[$0].f1 < values[$1].f1 }
        #expect(found[i]?.text == best.map { texts[$0] }, "idf \(idf)")
        #expect(found[i]?.details["hits"]?.contains("bertscore") == true)
      }
      #expect(augmentor.fingerprint["rank"]?.contains("idf=\(idf) layer=2") == true)
    }
  }

  @Test func withoutAModelItSaysWhatToDo() throws {
    let error = #expect(throws: PluginError.self) {
      try SearchAugmentor(
        options { $0.rankBy = .bertscore }, providers: [TableProvider("p", [:])], services: FakeServices.services().services)
    }
    #expect(error.map { "\($0)".contains("rankBy: engine") } == true)
  }

  @Test func aCancelledTaskEndsTheStream() async throws {
    let sentences = (0..<200).map { "s\($0)" }
    let provider = TableProvider("p", Dictionary(uniqueKeysWithValues: sentences.map { ($0, ["about " + $0]) }))
    let augmentor = try SearchAugmentor(options(), providers: [provider], services: FakeServices.services().services)
    let task = Task {
      var count = 0
      for try await _ in try await augmentor.contexts(for: requests(sentences)) { count += 1 }
      return count
    }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    #expect(try await task.value < 200 && provider.asked.count < 200)
  }
}
