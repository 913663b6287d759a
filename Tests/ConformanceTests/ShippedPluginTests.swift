import FoundationEssentials
import PluginAPI
import SearchIndex
import Testing
import Transformers

@testable import CRF
@testable import Host
@testable import KLCooperative
@testable import Precomputed
@testable import SearchEngine

/// Every plugin that is shipped keeps the laws of its protocol.
@Suite("Laws: shipped plugins")
struct ShippedPluginTests {
  @Test func bertWithDropout() throws {
    let bert = try TinyBert()
    expectKept(
      checkEncoder(try bert.encoder(dropout: nil), withoutDropout: try bert.encoder(dropout: 0), sampledParameters: .max))
  }

  @Test func bertWithoutDropout() throws {
    let bert = try TinyBert(seed: 2)
    expectKept(
      checkEncoder(try bert.encoder(dropout: 0), seed: 5, sampledParameters: 6),
      untried: ["another seed or step draws other dropout masks"])
  }

  @Test func positionsThatBeginLater() throws {
    let bert = try TinyBert(seed: 3)
    expectKept(
      checkEncoder(
        try bert.encoder(dropout: nil, firstPosition: 2), withoutDropout: try bert.encoder(dropout: 0, firstPosition: 2),
        seed: 6, sampledParameters: 8))
  }

  @Test func theLawsLeaveNoTrace() throws {
    let bert = try TinyBert(), encoder = try bert.encoder(dropout: nil), untouched = try bert.encoder(dropout: nil)
    _ = checkEncoder(encoder)
    for (parameter, original) in zip(encoder.parameters, untouched.parameters) {
      #expect(parameter.value.isIdentical(to: original.value), "\(parameter.name)")
      #expect(parameter.gradient.sumOfSquares == 0)
    }
    #expect(encoder.truncation.sentencesWindowed > 0)
  }

  @Test(arguments: 1...4, [1, 7])
  func crf(tags: Int, width: Int) throws {
    let decoder = try CRF(width: width, tags: tags, initial: 0.1, seed: 3)
    let before = decoder.parameters.map { $0.value.copy() }
    expectKept(checkDecoder(decoder, shape: Shape(width: width, tags: (0..<tags).map { "T\($0)" })))
    for (parameter, original) in zip(decoder.parameters, before) { #expect(parameter.value.isIdentical(to: original)) }
  }

  /// Scores that stand for "never" must not upset anything.
  @Test(arguments: [Float(-1e4), -.infinity])
  func crfWithForbiddenTransitions(never: Float) throws {
    let decoder = try CRF(width: 5, tags: 3, initial: 0.1, seed: 4)
    decoder.transitions.value[1] = never  // from 0 to 1
    decoder.start.value[2] = never
    expectKept(checkDecoder(decoder, shape: Shape(width: 5, tags: ["O", "A", "B"])))
  }

  @Test(arguments: ["kl", "l2", "none"], [1, 0.3])
  func cooperativeLoss(cooperation: String, temperature: Double) {
    let loss = KLCooperative(
      KLCooperativeOptions(
        cooperation: cooperation, temperature: temperature, augmentedWeight: 0.5, cooperativeWeight: 0.7, plainWeight: 1))
    expectKept(checkLoss(loss), untried: cooperation == "none" ? ["equal views give no cooperative gradient"] : [])
  }

  @Test(arguments: [(0.0, 1.0), (1.0, 0.0)])
  func likelihoodOfOneView(augmented: Double, plain: Double) {
    let loss = KLCooperative(
      KLCooperativeOptions(
        cooperation: "none", temperature: 1, augmentedWeight: augmented, cooperativeWeight: 0, plainWeight: plain))
    #expect(loss.views == [augmented > 0 ? .augmented : .plain])
    expectKept(checkLoss(loss), untried: ["equal views give no cooperative gradient"])
  }

  @Test func precomputedContexts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "calm-laws-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sentences = LawSentences.odd + [LawSentences.veryLong], path = folder + "/contexts.jsonl"
    let lines = try sentences.enumerated().map { i, words in
      try JSONEncoder().encode(["text": words.joined(separator: " "), "generated_context": "context \(i)"])
    }
    try Data(lines.flatMap { $0 + [0x0A] }).write(to: URL(filePath: path))
    let augmentor = try PrecomputedContexts(
      PrecomputedOptions(train: path).sources(), services: Services(seed: 1, cacheFolder: folder) { _, _ in })
    expectKept(
      await checkAugmentor(
        augmentor, manifest: Precomputed.manifest, requests: LawSentences.requests(sentences, split: "train")))
    // Without requests of its own, only what needs none is tried.
    let blind = await checkAugmentor(augmentor, manifest: Precomputed.manifest)
    #expect(blind.allSatisfy(\.passed) && blind.count { $0.reason.isEmpty } == 2)
  }

  /// A search is not seeded; that of a local index keeps every other law.
  @Test(.enabled(if: (try? SearchIndex.engineVersion()) != nil, "libCalmXapian.so is not built"))
  func searchInALocalIndex() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "calm-laws-\(UInt64.random(in: 0 ... .max))").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let index = try SearchIndex(path: folder, mode: .write(language: "english"))
      for (i, words) in LawSentences.odd.enumerated() {
        try index.put(Document(id: "\(i)", title: "", text: "found for " + words.joined(separator: " ")))
      }
      try index.commit()
    }
    let services = Services(seed: 1, cacheFolder: folder) { _, _ in }
    let provider = try JSONDecoder().decode(
      ProviderOptions.self, from: Data(#"{"provider": "local", "index": "\#(folder)"}"#.utf8))
    let augmentor = try SearchAugmentor(
      SearchOptions(
        providers: [], retrieve: 5, keep: 2, maxWords: 210, candidateWords: 200, rankBy: .engine, rank: nil, exclude: [],
        maxOverlap: 0.6, batch: 4), providers: [provider.open(services)], services: services)
    expectKept(
      await checkAugmentor(augmentor, manifest: SearchEngine.manifest),
      untried: ["equal requests get equal texts", "texts depend neither on order nor on batch"])
  }
}
