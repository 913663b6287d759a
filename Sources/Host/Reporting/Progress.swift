import PluginAPI
import Synchronization

/// What training says while it runs: one live line, and a table row an epoch.
final class Progress: Sendable {
  private struct State {
    var started = ContinuousClock.now
    var words = 0
    var steps = 0
    var lossMean = 0.0
    var parts: [String] = []
    var augmented = false
  }
  private let state = Mutex(State())
  private let console: Console

  init(console: Console = .shared) { self.console = console }

  func note(_ text: String) { console.talk(text) }

  func live(_ text: String) { console.live(text) }

  /// A line for logs: nothing happens on a terminal.
  func logged(_ text: String) { if !console.isTerminal { console.talk(text) } }

  /// Prints the table's head and the rows of epochs that are already done.
  func beginTraining(rows: [EpochRow], loss: any Loss, augmented: Bool) {
    state.withLock {
      $0 = State()
      $0.augmented = augmented
    }
    for row in rows { epoch(row) }
  }

  func step(_ training: TrainingState, _ result: TrainStep.Result, batches: Int, epochs: Int) {
    let text = state.withLock { state -> String in
      state.words += result.words
      state.steps += 1
      state.lossMean = state.steps == 1 ? result.loss : 0.95 * state.lossMean + 0.05 * result.loss
      let seconds = max(1e-3, state.started.duration(to: .now).seconds)
      let left = Double(batches * epochs - training.epoch * batches - training.batch) * seconds / Double(state.steps)
      let parts = result.parts.sorted { $0.key < $1.key }.map { "\($0.key) \(fixed($0.value, 2))" }.joined(separator: " ")
      return
        "epoch \(training.epoch + 1)/\(epochs)  batch \(training.batch)/\(batches)  loss \(fixed(state.lossMean, 2)) (\(parts))"
        + "  \(Int(Double(state.words) / seconds)) words/s  \(fixed(Double(state.steps) / seconds, 2)) steps/s  ETA \(clock(left))"
    }
    console.live(text)
    // Without a terminal a line now and then, so that a log shows that the run is alive.
    if training.step % 200 == 0 { logged(text) }
  }

  func evaluating(_ label: String, done: Int, of count: Int) {
    console.live("evaluating \(label)  \(done)/\(count)")
  }

  /// A table row: loss and its parts, dev F1 without and with context, time since the start, `*` where it is the best so far.
  func epoch(_ row: EpochRow) {
    let parts = row.parts.keys.sorted()
    let (head, seconds, augmented) = state.withLock { state -> (Bool, Double, Bool) in
      let head = state.parts != parts
      state.parts = parts
      return (head, state.started.duration(to: .now).seconds, state.augmented)
    }
    func cells(_ texts: [String]) -> String {
      texts.map { String(repeating: " ", count: max(0, 8 - $0.count)) + $0 }.joined(separator: " ")
    }
    if head {
      let scores = { (split: String) in [split + " F1"] + (augmented ? ["+ctx"] : []) }
      let names = ["epoch", "step", "loss"] + parts + scores("dev") + (row.testWithout == nil ? [] : scores("test")) + ["time"]
      console.talk(cells(names))
    }
    func pair(_ without: Double, _ with: Double?) -> [String] {
      [percent(without)] + (augmented ? [with.map(percent) ?? "-"] : [])
    }
    let scores = pair(row.without, row.with) + (row.testWithout.map { pair($0, row.testWith) } ?? [])
    console.talk(
      cells(
        [String(row.epoch), String(row.step), fixed(row.loss, 3)] + parts.map { fixed(row.parts[$0] ?? 0, 3) } + scores
          + [clock(seconds)]) + (row.best ? " *" : ""))
  }
}

extension Duration {
  /// As a number of seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// `value` with a fixed number of decimals.
func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 9e15 else { return "\(value)" }
  let whole = Int(scaled / scale), rest = Int(scaled) - whole * Int(scale)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(whole)" }
  let decimals = String(rest)
  return "\(sign)\(whole)." + String(repeating: "0", count: digits - decimals.count) + decimals
}

/// A fraction of 1 as a percentage with two decimals, as papers print F1.
func percent(_ value: Double) -> String { fixed(value * 100, 2) }

/// Seconds as `1:02:03` or `2:03`.
func clock(_ seconds: Double) -> String {
  let all = Int(max(0, seconds.isFinite ? seconds : 0))
  let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60)
  func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
  return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
}
