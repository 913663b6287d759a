import PluginAPI

/// Where the time of training steps goes: whoever runs a step says which part has just ended.
final class StepClock {
  /// The parts, in the order of their first end, with their seconds so far.
  private(set) var parts: [(name: String, seconds: Double)] = []
  private var last = ContinuousClock.now

  /// A step begins now.
  func start() { last = .now }

  /// The time since the last call was spent on `part`.
  func end(_ part: String) {
    let now = ContinuousClock.now
    let seconds = last.duration(to: now).seconds
    last = now
    if let i = parts.firstIndex(where: { $0.name == part }) {
      parts[i].seconds += seconds
    } else {
      parts.append((part, seconds))
    }
  }
}
