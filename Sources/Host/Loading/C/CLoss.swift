import PluginAPI
import Synchronization

/// A loss behind the C ABI. It writes into memory of the host's; what it leaves at zero is no gradient at all.
final class CLoss: Loss, @unchecked Sendable {
  let views: [View]
  let requires: Set<PosteriorPart>
  let joint: Bool
  private let instance: CInstance
  private let functions: calm_loss
  private let calls = Mutex(())

  init(_ instance: CInstance, _ functions: calm_loss) throws {
    self.instance = instance
    self.functions = functions
    var traits = calm_loss_traits()
    traits.size = MemoryLayout<calm_loss_traits>.size
    try withUnsafeMutablePointer(to: &traits) { traits in
      try report("describe") { functions.describe?(instance.pointer, traits, $0) ?? CALM_FAILED }
    }
    let numbers = [traits.views.0, traits.views.1].prefix(Int(min(traits.view_count, 2)))
    views = numbers.compactMap { $0 == CALM_PLAIN ? .plain : $0 == CALM_AUGMENTED ? .augmented : nil }
    guard traits.view_count <= 2, views.count == numbers.count else {
      throw PluginError(
        "its traits name \(traits.view_count) views, \(numbers.map(String.init)); there are 0, plain, and 1, augmented")
    }
    let needs = traits.needs
    requires = Set(Self.parts.filter { needs & $0.bit != 0 }.map(\.part))
    guard needs & ~Self.parts.reduce(0, { $0 | $1.bit }) == 0 else {
      throw PluginError("its traits need parts of a posterior that there are not: \(needs)")
    }
    joint = traits.joint != 0
    guard (joint ? functions.evaluate_jointly != nil : functions.evaluate != nil) else {
      throw PluginError("its `calm_loss` has no `\(joint ? "evaluate_jointly" : "evaluate")`")
    }
  }

  private static let parts: [(bit: UInt32, part: PosteriorPart)] = [
    (CALM_LOG_PARTITION, .logPartition), (CALM_GOLD_SCORE, .goldScore), (CALM_TOKEN_SCORES, .tokenScores),
    (CALM_MARGINALS, .marginals),
  ]

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    let arena = CArena()
    let value = CLossValue(output, arena)
    try calls.withLock { _ in
      try report("evaluate") { error in
        let view = arena.array([arena.view(output)]), before = arena.pointers(earlier.map { arena.view($0) })
        return functions.evaluate?(instance.pointer, view, before, earlier.count, value.pointer, error) ?? CALM_FAILED
      }
    }
    return try withExtendedLifetime((arena, output, earlier)) { try value.result() }
  }

  func evaluateJointly(_ outputs: [ViewOutput]) throws -> [LossValue] {
    let arena = CArena()
    let values = outputs.map { CLossValue($0, arena) }
    try calls.withLock { _ in
      try report("evaluate_jointly") { error in
        let views = arena.pointers(outputs.map { arena.view($0) })
        let targets = arena.array(values.map { $0.pointer as UnsafeMutablePointer<calm_loss_value>? })
        return functions.evaluate_jointly?(instance.pointer, views, outputs.count, targets, error) ?? CALM_FAILED
      }
    }
    return try withExtendedLifetime((arena, outputs)) { try values.map { try $0.result() } }
  }
}

/// The memory that a loss of one view is written into.
private struct CLossValue {
  let pointer: UnsafeMutablePointer<calm_loss_value>
  private let sentences: Int
  private let logPartition: UnsafeMutablePointer<Double>?, goldScore: UnsafeMutablePointer<Double>?
  private let tokenScores: Tensor, marginals: Tensor, words: Tensor
  private let parts: UnsafeMutablePointer<calm_part>
  private static let partCapacity = 32

  init(_ output: ViewOutput, _ arena: CArena) {
    sentences = output.sentences
    let zeros = [Double](repeating: 0, count: output.sentences)
    logPartition = output.posterior.logPartition.map { _ in arena.array(zeros) }
    goldScore = output.posterior.goldScore.map { _ in arena.array(zeros) }
    tokenScores = Tensor(zeros: output.posterior.tokenScores.shape)
    marginals = Tensor(zeros: output.posterior.marginals.shape)
    words = Tensor(zeros: output.words.tensor.shape)
    parts = arena.array([calm_part](repeating: calm_part(), count: Self.partCapacity))
    pointer = arena.array([
      calm_loss_value(
        size: MemoryLayout<calm_loss_value>.size, value: 0, d_log_partition: logPartition, d_gold_score: goldScore,
        d_token_scores: tokenScores.data, d_marginals: marginals.data, d_vectors: words.data, parts: parts,
        part_capacity: Self.partCapacity, part_count: 0)
    ])
  }

  func result() throws -> LossValue {
    let count = pointer.pointee.part_count
    guard (0...Self.partCapacity).contains(count) else {
      throw PluginError("its loss says that it has \(count) parts; there is room for \(Self.partCapacity)")
    }
    return LossValue(
      value: pointer.pointee.value, parts: (0..<count).map { (name: name($0), value: parts[$0].value) },
      posterior: PosteriorCotangent(
        logPartition: numbers(logPartition), goldScore: numbers(goldScore), tokenScores: nonZero(tokenScores),
        marginals: nonZero(marginals)), words: nonZero(words))
  }

  private func name(_ part: Int) -> String {
    withUnsafeBytes(of: parts[part].name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func numbers(_ pointer: UnsafeMutablePointer<Double>?) -> [Double]? {
    guard let pointer else { return nil }
    let numbers = Array(UnsafeBufferPointer(start: pointer, count: sentences))
    return numbers.allSatisfy { $0 == 0 } ? nil : numbers
  }

  private func nonZero(_ tensor: Tensor) -> Tensor? {
    let numbers = tensor.data
    defer { withExtendedLifetime(tensor) {} }
    return (0..<tensor.count).contains { numbers[$0] != 0 } ? tensor : nil
  }
}

extension CArena {
  /// An output as C sees it; its tensors must outlive the use.
  fileprivate func view(_ output: ViewOutput) -> calm_view_output {
    var out = calm_view_output()
    out.size = MemoryLayout<calm_view_output>.size
    out.view = output.view == .plain ? CALM_PLAIN : CALM_AUGMENTED
    out.sentences = output.sentences
    (out.words, out.width) = (output.words.tensor.shape[0], output.words.tensor.shape[1])
    out.tags = output.posterior.tokenScores.shape[1]
    out.offsets = UnsafePointer(array(output.words.offsets))
    out.vectors = UnsafePointer(output.words.tensor.data)
    out.log_partition = output.posterior.logPartition.map { UnsafePointer(array($0)) }
    out.gold_score = output.posterior.goldScore.map { UnsafePointer(array($0)) }
    out.token_scores = UnsafePointer(output.posterior.tokenScores.data)
    out.marginals = UnsafePointer(output.posterior.marginals.data)
    return out
  }
}
