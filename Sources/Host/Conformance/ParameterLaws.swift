import PluginAPI

extension LawBook {
  /// The laws that hold for the parameters of encoders and decoders alike.
  mutating func parameterLaws(_ plugin: any Plugin) {
    law("parameter names are unique") {
      var seen: Set<String> = []
      return Verdict(plugin.parameters.first { !seen.insert($0.name).inserted }.map { "`\($0.name)` occurs twice" })
    }
    law("gradients have the shapes of their values") {
      let odd = plugin.parameters.first { $0.gradient.shape != $0.value.shape }
      return Verdict(odd.map { "`\($0.name)` is \($0.value.shape), its gradient \($0.gradient.shape)" })
    }
  }
}

/// Clears gradients before and after `body`: laws leave nothing for the next training step.
func withClearGradients<Result>(_ parameters: [Parameter], _ body: () throws -> Result) rethrows -> Result {
  for parameter in parameters { parameter.gradient.clear() }
  defer { for parameter in parameters { parameter.gradient.clear() } }
  return try body()
}

/// Adds noise to every parameter while `body` runs, so that small or zero initial weights hide nothing.
func withShakenParameters<Result>(_ parameters: [Parameter], seed: UInt64, _ body: () throws -> Result) rethrows -> Result {
  let originals = parameters.map { $0.value.copy() }
  defer {
    for (parameter, original) in zip(parameters, originals) {
      parameter.value.data.update(from: original.data, count: original.count)
      parameter.value.changed()
    }
  }
  var random = RandomStream(seed: seed, "laws.shaken")
  for parameter in parameters {
    for i in 0..<parameter.value.count { parameter.value.data[i] += Float(0.6 * random.normal()) }
    parameter.value.changed()
  }
  return try body()
}

/// What is wrong where two backward passes, from clear gradients, do not give twice the gradient of one.
func accumulationFault(_ parameters: [Parameter], backward: () throws -> Void) rethrows -> String? {
  try backward()
  let once = parameters.map { $0.gradient.copy() }
  // Where a true gradient is zero there is only rounding, in proportion to the others.
  let rounding = 1e-6 * (once.map(\.largestMagnitude).max() ?? 0)
  try backward()
  for (parameter, expected) in zip(parameters, once) {
    expected.scale(by: 2)
    guard parameter.gradient.largestDifference(from: expected) <= max(1e-4 * expected.largestMagnitude, rounding) else {
      return "the gradient of `\(parameter.name)` is not twice as large after a second backward pass"
    }
  }
  return nil
}
