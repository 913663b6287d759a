import PluginAPI

/// Tries the laws of a loss on random outputs.
func checkLoss(_ loss: any Loss, seed: UInt64 = 1, book: LawBook = LawBook()) -> [LawResult] {
  let laws = LossLaws(loss: loss, seed: seed)
  var book = book
  laws.values(&book)
  laws.direction(&book)
  laws.gradients(&book)
  laws.cooperation(&book)
  laws.fuzz(&book)
  if book.isAlone { laws.residue(&book) }
  return book.results
}

private struct LossLaws {
  let loss: any Loss
  let seed: UInt64
  private let outputs: [ViewOutput]

  init(loss: any Loss, seed: UInt64) {
    self.loss = loss
    self.seed = seed
    outputs = loss.views.map { LossOutputs.random($0, lengths: [3, 1, 0, 4], seed: seed) }
  }

  /// The values of all views, evaluated in order as the host does.
  private func evaluate(_ outputs: [ViewOutput]) throws -> [LossValue] {
    if loss.joint {
      let values = try loss.evaluateJointly(outputs)
      guard values.count == outputs.count else {
        throw LawFault(reason: "it gives \(values.count) values for \(outputs.count) views")
      }
      return values
    }
    return try outputs.indices.map { try loss.evaluate(outputs[$0], earlier: Array(outputs[..<$0])) }
  }

  /// What view `i` contributes as a function of its output: earlier views are detached, unless all are evaluated together.
  private func value(_ outputs: [ViewOutput], view i: Int) throws -> Double {
    if loss.joint { return try loss.evaluateJointly(outputs).reduce(0) { $0 + $1.value } }
    return try loss.evaluate(outputs[i], earlier: Array(outputs[..<i])).value
  }

  func values(_ book: inout LawBook) {
    book.law("it has views, each once") {
      guard !loss.views.isEmpty else { return .broken("it has no views, so nothing would be trained") }
      return Verdict(Set(loss.views).count == loss.views.count ? nil : "the views are \(loss.views.map(\.rawValue))")
    }
    book.law("the value is finite and the sum of its parts") {
      for (view, loss) in zip(loss.views, try evaluate(outputs)) {
        let sum = loss.parts.reduce(0) { $0 + $1.value }
        guard loss.value.isFinite else { return .broken("the \(view.rawValue) view's value is \(loss.value)") }
        guard abs(loss.value - sum) <= 1e-6 * max(1, abs(sum)) else {
          return .broken("the \(view.rawValue) view's value is \(loss.value), its parts sum to \(sum)")
        }
      }
      return .kept
    }
    book.law("it needs no more of a posterior than it requires") {
      let values = try evaluate(outputs.map { LossOutputs.reduced($0, to: loss.requires) })
      return Verdict(values.allSatisfy(\.value.isFinite) ? nil : "without the other parts the value is not finite")
    }
    book.law("the value is a mean over sentences") {
      let once = try evaluate(outputs).map(\.value), twice = try evaluate(outputs.map(LossOutputs.doubled)).map(\.value)
      for (view, (once, twice)) in zip(loss.views, zip(once, twice)) where !(abs(once - twice) <= 1e-5 * max(1, abs(once))) {
        return .broken("the \(view.rawValue) view's value is \(once), with every sentence twice \(twice)")
      }
      return .kept
    }
  }

  /// Other numbers of sentences, words, tags and widths than the laws' own.
  func fuzz(_ book: inout LawBook) {
    book.law("values and gradients are finite: fuzzed outputs") {
      var random = RandomStream(seed: seed, "laws.fuzz.loss")
      for round in 0..<12 {
        let lengths = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
        let width = Int.random(in: 1...9, using: &random), tags = Int.random(in: 1...9, using: &random)
        let outputs = loss.views.map { LossOutputs.random($0, lengths: lengths, width: width, tags: tags, seed: random.next()) }
        let broken = roundFault("round \(round) of seed \(seed), sentences of \(lengths) words, \(tags) tags") {
          for (output, value) in zip(outputs, try evaluate(outputs)) {
            if let fault = misfit(value, output) ?? Self.infinity(value) { return "the \(output.view.rawValue) view: \(fault)" }
          }
          return nil
        }
        if let broken { return .broken(broken) }
      }
      return .kept
    }
  }

  private static func infinity(_ value: LossValue) -> String? {
    guard value.value.isFinite else { return "the value is \(value.value)" }
    let numbers = (value.posterior.logPartition ?? []) + (value.posterior.goldScore ?? [])
    let tensors = [value.posterior.tokenScores, value.posterior.marginals, value.words].compactMap(\.self)
    return numbers.allSatisfy(\.isFinite) && tensors.allSatisfy(\.isFinite) ? nil : "a gradient is not finite"
  }

  /// A loss that rises with the score of the gold path teaches the wrong tags.
  func direction(_ book: inout LawBook) {
    book.law("a likelier gold path does not raise the value") {
      guard loss.requires.contains(.goldScore) else { return .untried("it does not read the gold score") }
      for i in outputs.indices {
        var likelier = outputs
        likelier[i].posterior.goldScore = outputs[i].posterior.goldScore?.map { $0 + 0.05 }
        let before = try value(outputs, view: i), after = try value(likelier, view: i)
        guard after <= before + 1e-9 * max(1, abs(before)) else {
          return .broken("the \(outputs[i].view.rawValue) view's value rises from \(before) to \(after)")
        }
      }
      return .kept
    }
  }

  func residue(_ book: inout LawBook) {
    book.law("calls leave nothing behind") {
      var watch = ResidueWatch()
      while watch.wantsMore {
        _ = try evaluate(outputs)
        watch.called()
      }
      return watch.verdict
    }
  }

  func gradients(_ book: inout LawBook) {
    for i in outputs.indices {
      let name = outputs[i].view.rawValue
      book.law("the gradient's parts fit the output: \(name)") { Verdict(misfit(try evaluate(outputs)[i], outputs[i])) }
      for (part, keyPath) in [("log-partition", \Posterior.logPartition), ("gold score", \Posterior.goldScore)] {
        book.law("the gradient of the \(part) agrees with finite differences: \(name)") {
          let loss = try evaluate(outputs)[i].posterior
          return Verdict(try fault(keyPath, part == "gold score" ? loss.goldScore : loss.logPartition, view: i))
        }
      }
      let tensors: [(String, (inout ViewOutput) -> Tensor, (LossValue) -> Tensor?)] = [
        ("token scores", { Self.detach(&$0.posterior.tokenScores) }, \.posterior.tokenScores),
        ("marginals", { Self.detach(&$0.posterior.marginals) }, \.posterior.marginals),
        ("word vectors", { Self.detach(&$0.words.tensor) }, \.words),
      ]
      for (part, detach, gradient) in tensors {
        book.law("the gradient of the \(part) agrees with finite differences: \(name)") {
          var moved = outputs
          let tensor = detach(&moved[i]), values = try evaluate(outputs)
          var check = GradientCheck(seed: seed)
          let fault = try check.fault(
            part, at: tensor, gradient: gradient(values[i]) ?? Tensor(zeros: tensor.shape), noise: 1e-7 * abs(values[i].value)
          ) { try value(moved, view: i) }
          return Verdict(fault)
        }
      }
    }
  }

  /// Puts a copy in the place of a tensor, so that moving it moves nothing else.
  private static func detach(_ tensor: inout Tensor) -> Tensor {
    tensor = tensor.copy()
    return tensor
  }

  private func misfit(_ value: LossValue, _ output: ViewOutput) -> String? {
    for (part, numbers) in [("log-partition", value.posterior.logPartition), ("gold score", value.posterior.goldScore)] {
      if let numbers, numbers.count != output.sentences {
        return "that of the \(part) has \(numbers.count) entries for \(output.sentences) sentences"
      }
    }
    for (part, tensor, of) in [
      ("token scores", value.posterior.tokenScores, output.posterior.tokenScores),
      ("marginals", value.posterior.marginals, output.posterior.marginals), ("word vectors", value.words, output.words.tensor),
    ] {
      if let tensor, tensor.shape != of.shape { return "that of the \(part) has shape \(tensor.shape), not \(of.shape)" }
    }
    return nil
  }

  /// Numbers in float64 are moved one by one.
  private func fault(_ part: WritableKeyPath<Posterior, [Double]?>, _ gradient: [Double]?, view i: Int) throws -> String? {
    guard let numbers = outputs[i].posterior[keyPath: part] else { return nil }
    if let gradient, gradient.count != numbers.count { return "it has \(gradient.count) entries, not \(numbers.count)" }
    for s in numbers.indices {
      var moved = outputs
      func value(at number: Double) throws -> Double {
        moved[i].posterior[keyPath: part]?[s] = number
        return try self.value(moved, view: i)
      }
      let step = 1e-3, slope = (try value(at: numbers[s] + step) - value(at: numbers[s] - step)) / (2 * step)
      let claimed = gradient?[s] ?? 0
      guard abs(slope - claimed) <= 1e-3 * max(abs(slope), abs(claimed), 1e-2) else {
        return "sentence \(s): the slope is \(slope), the gradient \(claimed)"
      }
    }
    return nil
  }

  /// A loss knows the gold tags by the gold score alone. A gradient on anything else compares views, and where they are equal
  /// there is nothing to learn from each other.
  func cooperation(_ book: inout LawBook) {
    book.law("equal views give no cooperative gradient") {
      guard outputs.count > 1 else { return .untried("it has one view") }
      let apart = try evaluate(outputs).map(Self.cooperativeSize).max() ?? 0
      guard apart > 0 else { return .untried("it compares no views") }
      let equal = outputs.map { ViewOutput(view: $0.view, words: outputs[0].words, posterior: outputs[0].posterior) }
      for (view, value) in zip(loss.views, try evaluate(equal)) where Self.cooperativeSize(value) > 1e-5 * apart {
        return .broken(
          "the \(view.rawValue) view has a gradient of \(Self.cooperativeSize(value)), \(apart) where views differ")
      }
      return .kept
    }
  }

  private static func cooperativeSize(_ value: LossValue) -> Double {
    [value.posterior.tokenScores, value.posterior.marginals, value.words].reduce(0) { $0 + ($1?.sumOfSquares ?? 0) }
      .squareRoot()
  }
}
