import PluginAPI
import Testing

@testable import CRF
@testable import KLCooperative

/// Log-likelihoods, marginals, Viterbi paths, cooperative losses and all their gradients against pytorch-crf in float64.
@Suite("Golden: CRF and losses", .enabled(if: Golden.has("crf.json") && Golden.has("crf.safetensors"), "no fixtures"))
struct CRFGoldenTests {
  /// A CRF whose classifier is the identity, so that word vectors are emissions, over the valid words of a padded batch.
  struct Case {
    let info: JSON.Value
    let name: String
    let tensors: SafeTensors
    let crf: CRF
    let k: Int
    let lengths: [Int]
    let offsets: [Int]

    init(_ info: JSON.Value, _ tensors: SafeTensors) throws {
      self.info = info
      self.tensors = tensors
      name = try #require(info["case"].string)
      k = try #require(info["K"].int)
      lengths = info["lengths"].ints
      offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      crf = try CRF(width: k, tags: k, initial: 0, seed: 1)
      for (parameter, key) in [(crf.transitions, "transitions"), (crf.start, "start"), (crf.end, "end")] {
        try tensors.read("\(name).\(key)", into: parameter.value)
      }
      crf.weight.value.clear()
      crf.bias.value.clear()
      for i in 0..<k { crf.weight.value[i * k + i] = 1 }
    }

    /// Rows of the valid words of [B, T, width].
    func packed(_ key: String, width: Int? = nil) throws -> Tensor {
      let padded = try tensors.tensor("\(name).\(key)"), width = width ?? k
      let longest = padded.shape[1]
      let out = Tensor(zeros: [offsets[offsets.count - 1], width])
      for (s, length) in lengths.enumerated() {
        (out.data + offsets[s] * width).update(from: padded.data + s * longest * width, count: length * width)
      }
      return out
    }

    func words(_ key: String, width: Int? = nil) throws -> WordVectors {
      WordVectors(offsets: offsets, tensor: try packed(key, width: width))
    }

    var gold: [[Int]] {
      get throws {
        let tags = try tensors.integers("\(name).tags"), longest = try #require(tensors.entries["\(name).tags"]).shape[1]
        return lengths.enumerated().map { s, length in Array(tags[s * longest..<s * longest + length]) }
      }
    }

    func clear() { for parameter in crf.parameters { parameter.gradient.clear() } }

    func expect(_ actual: Tensor, _ key: String, packed isPacked: Bool = false, _ tolerance: Float = 5e-4) throws {
      let reference = isPacked ? try packed(key) : try tensors.tensor("\(name).\(key)")
      #expect(difference(actual, reference) <= tolerance * max(1, absoluteMaximum(reference)), "\(name).\(key)")
    }
  }

  static func cases() throws -> [Case] {
    let tensors = try SafeTensors(path: Golden.folder + "/crf.safetensors")
    let json = try Golden.json("crf.json")
    return try json["cases"].list.map { try Case($0, tensors) }
  }

  static let mode = Mode.training(seed: 1, step: 0)

  @Test func likelihoodMarginalsAndGradients() throws {
    for c in try Self.cases() {
      let forward = try c.crf.decode(c.words("emissions"), gold: c.gold, mode: Self.mode)
      let posterior = forward.value
      let logZ = try #require(posterior.logPartition), gold = try #require(posterior.goldScore)
      for (s, reference) in c.info["logZ"].doubles.enumerated() {
        #expect(abs(logZ[s] - reference) <= 1e-5 * max(1, abs(reference)), "\(c.name).logZ")
      }
      for (s, reference) in c.info["log_likelihood"].doubles.enumerated() {
        #expect(abs(gold[s] - logZ[s] - reference) <= 1e-5 * max(1, abs(reference)), "\(c.name).log_likelihood")
      }
      try c.expect(posterior.marginals, "marginals", packed: true)
      c.clear()
      let share = 1 / Double(c.lengths.count)
      let demissions = try forward.backward(
        PosteriorCotangent(
          logPartition: c.lengths.map { _ in share }, goldScore: c.lengths.map { _ in -share }))
      try c.expect(demissions, "nll.g_emissions", packed: true)
      try c.expect(c.crf.transitions.gradient, "nll.g_transitions")
      try c.expect(c.crf.start.gradient, "nll.g_start")
      try c.expect(c.crf.end.gradient, "nll.g_end")
      let context = try c.crf.decode(c.words("emissions_context"), gold: nil, mode: .inference)
      try c.expect(context.value.marginals, "marginals_context", packed: true)
    }
  }

  @Test func viterbi() throws {
    for c in try Self.cases() where c.info["viterbi_tie"].bool != true {
      let paths = try c.crf.bestPaths(c.words("emissions"))
      for (s, reference) in c.info["viterbi"].list.enumerated() {
        #expect(paths[s] == Array(reference.ints.prefix(c.lengths[s])), "\(c.name) sentence \(s)")
      }
    }
  }

  /// CL-KL with a detached teacher, at T = 1, 0.3 and with the roles swapped.
  @Test func klDivergences() throws {
    for c in try Self.cases() {
      for (key, temperature, reverse) in [("kl", 1.0, false), ("kl_T0.3", 0.3, false), ("kl_reverse", 1.0, true)] {
        guard let reference = c.info["kl"][key].double else { continue }
        let (teacherKey, studentKey) = reverse ? ("emissions", "emissions_context") : ("emissions_context", "emissions")
        let teacher = try c.crf.decode(c.words(teacherKey), gold: nil, mode: .inference)
        let student = try c.crf.decode(c.words(studentKey), gold: nil, mode: Self.mode)
        let words = try c.words(studentKey)
        let kl = try klDivergence(
          teacher: ViewOutput(view: .augmented, words: words, posterior: teacher.value),
          student: ViewOutput(view: .plain, words: words, posterior: student.value), temperature: temperature)
        #expect(abs(kl.value - reference) <= 1e-4 * max(1, abs(reference)), "\(c.name).\(key): \(kl.value) \(reference)")
        c.clear()
        let d = try student.backward(PosteriorCotangent(tokenScores: kl.gradient))
        try c.expect(d, "\(key).\(reverse ? "g_context" : "g_plain")", packed: true)
        try c.expect(c.crf.transitions.gradient, "\(key).g_tr")
        try c.expect(c.crf.start.gradient, "\(key).g_st")
        try c.expect(c.crf.end.gradient, "\(key).g_en")
      }
    }
  }

  /// The decoder's pullback where both sides take gradients: the teacher's part is composed here.
  @Test func klThroughBothViews() throws {
    for c in try Self.cases() {
      let teacher = try c.crf.decode(c.words("emissions_context"), gold: nil, mode: Self.mode)
      let student = try c.crf.decode(c.words("emissions"), gold: nil, mode: Self.mode)
      let p = teacher.value.tokenScores, q = student.value.tokenScores
      let dp = Tensor(zeros: p.shape), dq = Tensor(zeros: p.shape), share = 1 / Float(c.lengths.count)
      for row in 0..<p.shape[0] {
        let at = row * c.k
        let divergence = (0..<c.k).reduce(Float(0)) { $0 + exponential(p[at + $1]) * (p[at + $1] - q[at + $1]) }
        for j in at..<at + c.k {
          dp[j] = share * exponential(p[j]) * (p[j] - q[j] - divergence)
          dq[j] = share * (exponential(q[j]) - exponential(p[j]))
        }
      }
      c.clear()
      try c.expect(try teacher.backward(PosteriorCotangent(tokenScores: dp)), "kl_nostop.g_context", packed: true)
      try c.expect(try student.backward(PosteriorCotangent(tokenScores: dq)), "kl_nostop.g_plain", packed: true)
      try c.expect(c.crf.transitions.gradient, "kl_nostop.g_tr")
      try c.expect(c.crf.start.gradient, "kl_nostop.g_st")
      try c.expect(c.crf.end.gradient, "kl_nostop.g_en")
    }
  }

  @Test func squaredDistances() throws {
    for c in try Self.cases() where c.tensors.entries["\(c.name).l2.plain"] != nil {
      let width = try #require(c.tensors.entries["\(c.name).l2.plain"]?.shape.last)
      let nothing = Tensor(zeros: [c.offsets[c.offsets.count - 1], 1])
      let posterior = Posterior(logPartition: nil, goldScore: nil, tokenScores: nothing, marginals: nothing)
      let l2 = try squaredDistance(
        teacher: ViewOutput(view: .augmented, words: c.words("l2.context", width: width), posterior: posterior),
        student: ViewOutput(view: .plain, words: c.words("l2.plain", width: width), posterior: posterior))
      let reference = try #require(c.info["l2"].double)
      #expect(abs(l2.value - reference) <= 1e-4 * max(1, abs(reference)), "\(c.name).l2")
      #expect(difference(l2.gradient, try c.packed("l2.g_plain", width: width)) <= 5e-4)
    }
  }
}
