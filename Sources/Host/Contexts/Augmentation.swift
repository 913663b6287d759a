import FoundationEssentials
import PluginAPI

/// Gives every sentence a context: from stored files, from the store, and from the augmentor where neither has it. What the
/// augmentor answers is stored before anything else is done with it.
struct Augmentation: Sendable {
  /// A split's contexts, and where they come from.
  struct Result: Sendable {
    var contexts: [Context]
    /// Sentences whose context came from a file, or was in the store.
    var served = 0, found = 0
    /// Requests that the augmentor answered, and sentences that are still without a context because it was not asked.
    var asked = 0, left = 0
    /// Sentences without a context because their requests failed, by position, and why.
    var failures: [(position: Int, reason: String)] = []
    var tokens = 0
    var seconds = 0.0
  }

  /// What would be asked for a split.
  struct Plan: Sendable {
    /// One place a sentence; nil where the augmentor has to be asked.
    var contexts: [Context?]
    var served = 0, found = 0
    /// Requests to make, no two of them equal.
    var requests: [ContextRequest] = []
    /// Their keys, and all sentences that wait for a key.
    var keys: [String] = []
    var waiting: [String: [Int]] = [:]
  }

  let id: String
  let augmentor: any Augmentor
  let generator: ContextGenerator
  private let storePath: String?
  private let section: ContextsSection
  private let stored: StoredSection

  /// The augmentor of an experiment, nil where it has none.
  init?(_ experiment: Experiment, services: Services) throws {
    guard let use = experiment.augmentor else { return nil }
    guard let augmentor = try use.make(services: services) as? any Augmentor else {
      throw Diagnostic("P310", "plugin `\(use.id)` made something that is no augmentor")
    }
    self.init(
      id: use.id, manifest: use.plugin.manifest, augmentor: augmentor, seed: experiment.augmentorSeed,
      prompt: experiment.prompt,
      section: experiment.contexts, stored: experiment.stored)
  }

  /// Contexts of an augmentor that serves files are not copied into the store: it would only hold them twice.
  init(
    id: String, manifest: Manifest, augmentor: any Augmentor, seed: UInt64, prompt: String?, section: ContextsSection,
    stored: StoredSection = .none
  ) {
    self.id = id
    self.augmentor = augmentor
    self.section = section
    self.stored = stored
    storePath = manifest.answersNewText ? section.storePath : nil
    generator = ContextGenerator(
      plugin: manifest.id, version: manifest.version, fingerprint: augmentor.fingerprint, seed: seed, prompt: prompt)
  }

  /// Finds what is there and says what has to be asked.
  ///
  /// - Parameter limit: how many sentences, from the first, are wanted; the others stay without a context.
  func plan(split: String, sentences: [[String]], limit: Int? = nil, store: ContextStore?) throws -> Plan {
    var plan = Plan(
      contexts: try stored.contexts(split: split, sentences: sentences) { try store ?? ContextStore(path: section.storePath) })
    plan.served = plan.contexts.count { $0 != nil }
    let open = sentences.indices.prefix(limit ?? .max).filter { plan.contexts[$0] == nil }
    // What is served from files depends on the place: no two sentences share it.
    let keys = open.map { storePath == nil ? String($0) : generator.key(sentenceText(sentences[$0])) }
    let known = try store?.contexts(keys: keys) ?? [:]
    for (i, key) in zip(open, keys) {
      if let context = known[key] {
        plan.contexts[i] = context
        plan.found += 1
      } else {
        if plan.waiting[key] == nil {
          plan.requests.append(request(plan.requests.count, split, sentences, i))
          plan.keys.append(key)
        }
        plan.waiting[key, default: []].append(i)
      }
    }
    return plan
  }

  /// The store, where this augmentor's contexts are kept in one.
  ///
  /// - Parameter readOnly: only to look: nil where there is no store yet.
  func openStore(readOnly: Bool = false) throws -> ContextStore? {
    guard let storePath, !readOnly || FileManager.default.fileExists(atPath: storePath) else { return nil }
    return try ContextStore(path: storePath, readOnly: readOnly)
  }

  private func request(_ index: Int, _ split: String, _ sentences: [[String]], _ i: Int) -> ContextRequest {
    ContextRequest(
      index: index, words: sentences[i], split: split, position: i, splitCount: sentences.count, prompt: generator.prompt,
      random: generator.random(sentenceText(sentences[i])))
  }

  /// One context a sentence, in their order.
  ///
  /// - Parameters:
  ///   - limit: how many sentences, from the first, are wanted.
  ///   - most: how many requests may be made; sentences beyond get an empty context, which is not stored.
  func contexts(
    split: String, sentences: [[String]], limit: Int? = nil, asking most: Int? = nil, progress: Progress = Progress()
  ) async throws -> Result {
    let store = try openStore()
    var plan = try plan(split: split, sentences: sentences, limit: limit, store: store)
    var lock: AskingLock?
    var most = most
    if let store, !plan.requests.isEmpty, most != 0 {
      // Who needs a few only, such as a check, does not wait for hours of another process.
      lock = try await AskingLock(store: store.path, generator: generator, waits: most == nil) {
        progress.note("another process asks for contexts of the same kind: waiting for it")
      }
      if lock == nil { most = 0 }
      plan = try self.plan(split: split, sentences: sentences, limit: limit, store: store)
    }
    defer { withExtendedLifetime(lock) {} }
    var result = Result(contexts: [], served: plan.served, found: plan.found)
    // Files are read whole, which also checks that they belong to the sentences.
    if let most, storePath != nil, plan.requests.count > most {
      plan.requests.removeSubrange(most...)
      plan.keys.removeSubrange(most...)
    }
    if !plan.requests.isEmpty {
      if store != nil {
        progress.note("contexts of \(split): \(plan.served + plan.found) are there, \(plan.requests.count) to ask for")
      }
      let asking = Asking(
        augmentation: self, split: split, failBelow: section.failBelow, store: store, progress: progress, found: plan.found)
      let (answers, meter) = try await asking.answers(plan.requests, keys: plan.keys)
      for (key, answer) in zip(plan.keys, answers) {
        for i in plan.waiting[key] ?? [] { plan.contexts[i] = answer }
      }
      (result.asked, result.tokens, result.seconds) = (meter.asked, meter.tokens, meter.seconds)
    }
    let wanted = plan.contexts.prefix(limit ?? .max)
    result.failures = wanted.enumerated().compactMap { i, context in context?.failure.map { (i, $0) } }
    result.left = wanted.count { $0 == nil }
    result.contexts = wanted.map { $0 ?? Context(text: "", finish: "unasked") }
    return result
  }
}

extension Augmentation.Result {
  /// What is said of requests that failed; nil where none did.
  func failure(split: String, augmentor: String) -> Diagnostic? {
    guard !failures.isEmpty else { return nil }
    return Diagnostic(
      "P335", "augmentor `\(augmentor)`: \(failures.count) of \(contexts.count) sentences of `\(split)` got no context",
      hint: "what was answered is stored; the same command asks for these again",
      notes: failures.prefix(3).map { "sentence \($0.position): \($0.reason)" }
        + (failures.count > 3 ? ["and \(failures.count - 3) more"] : []))
  }
}
