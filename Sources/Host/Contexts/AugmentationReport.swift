import PluginAPI

/// What augmenting a split came to.
struct AugmentationReport: Encodable {
  var split: String
  var sentences: Int
  /// Contexts from files, contexts that were in the store, requests that were made.
  var fromFiles: Int, stored: Int, asked: Int
  /// Sentences whose request failed; they count in no class.
  var failed: Int
  var empty = 0, denied = 0, fail = 0, correct = 0
  /// Of the requests that were made.
  var tokens: Int, tokensPerSecond: Double, seconds: Double

  init(_ split: String, _ result: Augmentation.Result, failBelow: Int) {
    self.split = split
    sentences = result.contexts.count
    (fromFiles, stored, asked) = (result.served, result.found, result.asked)
    (tokens, seconds) = (result.tokens, result.seconds)
    failed = result.failures.count
    tokensPerSecond = result.seconds > 0 ? Double(result.tokens) / result.seconds : 0
    let classes = ClassCounts(result.contexts.filter { $0.failure == nil }.map(\.text), failBelow: failBelow)
    (empty, denied, fail, correct) = (classes.empty, classes.denied, classes.fail, classes.correct)
  }

  static func table(_ rows: [AugmentationReport]) -> String {
    let header = [
      "split", "sentences", "from files", "stored", "asked", "failed", "empty", "denied", "fail", "correct", "tokens",
      "tokens/s", "time",
    ]
    return TextTable(
      header: header,
      rows: rows.map { row in
        [row.split]
          + [
            row.sentences, row.fromFiles, row.stored, row.asked, row.failed, row.empty, row.denied, row.fail, row.correct,
            row.tokens,
          ].map { String($0) } + [fixed(row.tokensPerSecond, 1), clock(row.seconds)]
      }, right: Set(1..<header.count)
    ).description
  }
}

/// What `calm augment --dry-run` tells: nothing is asked.
struct AugmentationForecast: Encodable {
  struct Split: Encodable {
    var split: String
    var sentences: Int, fromFiles: Int, stored: Int
    /// Requests to make: equal ones once.
    var requests: Int
  }

  var plugin: String
  var prompt: String?
  var splits: [Split] = []
  var promptTokens: Int?, maxNewTokens: Int?
  /// Whether `promptTokens` is guessed from the length of the text.
  var promptTokensAreGuessed: Bool?
  var cost: Double?
  var seconds: Double?
  var example: String?

  /// - Parameter splits: by name, with how many of their sentences, from the first, are wanted.
  init(_ augmentation: Augmentation, splits: [(String, [[String]], limit: Int?)]) async throws {
    plugin = augmentation.id
    prompt = augmentation.generator.prompt
    let store = try augmentation.openStore(readOnly: true)
    var requests: [ContextRequest] = [], seen: Set<String> = []
    for (name, sentences, limit) in splits {
      let plan = try augmentation.plan(split: name, sentences: sentences, limit: limit, store: store)
      // A sentence that an earlier split has is stored by then.
      let new = zip(plan.requests, plan.keys).filter { seen.insert($1).inserted }
      let again = plan.requests.count - new.count
      requests += new.map(\.0)
      self.splits.append(
        Split(
          split: name, sentences: min(sentences.count, limit ?? .max), fromFiles: plan.served, stored: plan.found + again,
          requests: new.count))
    }
    guard let estimator = augmentation.augmentor as? any CostEstimator, !requests.isEmpty else { return }
    for i in requests.indices { requests[i].index = i }
    do {
      let estimate = try await estimator.estimate(for: requests)
      (promptTokens, maxNewTokens) = (estimate.promptTokens, estimate.maxNewTokens)
      (seconds, example) = (estimate.seconds, estimate.example)
      (promptTokensAreGuessed, cost) = (estimate.isGuess ? true : nil, estimate.cost)
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("P320", "augmentor `\(augmentation.id)`: \(error)")
    }
  }

  var text: String {
    var lines = ["augmentor  \(plugin)"] + (prompt.map { ["prompt     \($0)"] } ?? [])
    lines.append("")
    lines.append(
      TextTable(
        header: ["split", "sentences", "from files", "stored", "to ask"],
        rows: splits.map { [$0.split, "\($0.sentences)", "\($0.fromFiles)", "\($0.stored)", "\($0.requests)"] }
      ).description)
    if let promptTokens, let maxNewTokens {
      lines.append("")
      lines.append(
        (promptTokensAreGuessed == true ? "about " : "") + "\(promptTokens) tokens to read, at most \(maxNewTokens) to write"
          + (seconds.map { ", about \(clock($0))" } ?? "")
          + (cost.map { ", at most \(fixed($0, 2)) at the given prices" } ?? ""))
    }
    if let example { lines += ["", "The first request as the model reads it:", example] }
    return lines.joined(separator: "\n")
  }
}
