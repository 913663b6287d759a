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
  private let isLasting: Bool
  private let count = Mutex((now: 0, most: 0, asked: [String]()))

  init(_ name: String, _ answers: [String: [String]], isLasting: Bool = false, concurrency: Int = 2, batch: Int = 1) {
    (self.name, self.answers, self.isLasting, self.concurrency, self.batch) = (name, answers, isLasting, concurrency, batch)
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
        return .failure(SearchFailure("\(name) is down", isLasting: isLasting))
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

  /// A failure is no empty context. What was found beside it is given.
  @Test func failuresAreToldAndNeverStored() async throws {
    let provider = TableProvider("only", ["a": ["A1"], "b": ["B1"], "d": []])
    let augmentor = try SearchAugmentor(options(), providers: [provider], services: FakeServices.services().services)
    let (found, error) = await answers(augmentor, ["a", "b", "lost one", "d"])
    #expect(found.mapValues(\.text) == [0: "A1", 1: "B1", 3: ""])
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
