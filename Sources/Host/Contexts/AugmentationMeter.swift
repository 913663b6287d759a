import PluginAPI

/// What augmenting a split has done so far, and how it is told.
struct AugmentationMeter: Sendable {
  let split: String
  /// How many answers are asked for.
  let wanted: Int
  private let failBelow: Int
  private(set) var asked = 0
  /// Requests that failed, and since the last answer.
  private(set) var failed = 0, failedInARow = 0
  private(set) var tokens = 0
  private(set) var promptTokens = 0
  private var classes: [ContextClass: Int] = [:]
  private let start = ContinuousClock.now
  private var lastNote = ContinuousClock.now

  init(split: String, wanted: Int, failBelow: Int) {
    self.split = split
    self.wanted = wanted
    self.failBelow = failBelow
  }

  var seconds: Double { start.duration(to: .now).seconds }

  /// Counts an answer and shows it: on a terminal at once, elsewhere a line every half minute, so that a log shows that the run
  /// is alive.
  mutating func count(_ context: Context, progress: Progress) {
    if context.failure != nil {
      failed += 1
      failedInARow += 1
      return
    }
    failedInARow = 0
    asked += 1
    tokens += context.tokens ?? 0
    promptTokens += context.promptTokens ?? 0
    classes[ContextClass(encoderText(context.text), failBelow: failBelow), default: 0] += 1
    progress.live(line)
    if lastNote.duration(to: .now) > .seconds(30) {
      lastNote = .now
      progress.logged(line)
    }
  }

  /// `contexts of train  120/3394  35.1 tokens/s  ETA 1:02:03  correct 100 denied 3`
  var line: String {
    let seconds = max(1e-3, seconds)
    let rate = tokens > 0 ? "\(fixed(Double(tokens) / seconds, 1)) tokens/s" : "\(fixed(Double(asked) / seconds, 1))/s"
    let left = seconds * Double(wanted - asked - failed) / Double(max(1, asked))
    let kinds = ContextClass.allCases.reversed().compactMap { kind in classes[kind].map { "\(kind.rawValue) \($0)" } }
    let failures = failed > 0 ? ["failed \(failed)"] : []
    return "contexts of \(split)  \(asked)/\(wanted)  \(rate)  ETA \(clock(left))  "
      + (kinds + failures).joined(separator: " ")
  }
}
