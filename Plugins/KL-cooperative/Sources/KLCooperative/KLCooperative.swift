public import PluginAPI

/// Options of the cooperative loss.
struct KLCooperativeOptions: PluginOptions {
  var cooperation: String
  var temperature: Double
  var augmentedWeight: Double
  var cooperativeWeight: Double
  var plainWeight: Double

  static let fields = [
    OptionField.optional(
      "cooperation", .choice(["kl", "l2", "none"]), default: "kl",
      help: "what draws the plain view to the augmented one: CL-KL on token posteriors, CL-L2 on word vectors, or nothing"),
    .optional(
      "temperature", .number, default: "0.3", in: 0.01...100, help: "T of CL-KL; below 1 sharpens the posteriors"),
    .optional("augmentedWeight", .number, default: "0.5", in: 0...100, help: "weight of the augmented view's NLL"),
    .optional("cooperativeWeight", .number, default: "0.5", in: 0...100, help: "weight of the cooperative term"),
    .optional("plainWeight", .number, default: "1", in: 0...100, help: "weight of the plain view's NLL"),
  ]
}

let manifest = Manifest(
  id: "kl-cooperative", kind: .loss, version: "1.0.0", licence: "Apache-2.0",
  summary: "negative log-likelihood of both views and cooperative learning (CL-KL, CL-L2) from the augmented to the plain one")

/// The entry point.
@c(calm_plugin_KLCooperative)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: KLCooperativeOptions.self) { options, _, _ in KLCooperative(options) }
  }
}

/// Cooperative learning (Wang et al. 2021, §3.3; the CALM paper, §2): the augmented view teaches the plain one.
///
/// total = a · NLL(augmented) + c · cooperative + p · NLL(plain). The teacher is detached, so the augmented view is done
/// with before the plain view is encoded. A view whose weights are all zero is not encoded at all.
final class KLCooperative: Loss {
  private let options: KLCooperativeOptions

  init(_ options: KLCooperativeOptions) { self.options = options }

  private var cooperates: Bool { options.cooperation != "none" && options.cooperativeWeight > 0 }

  var views: [View] {
    let augmented = options.augmentedWeight > 0 || cooperates
    let plain = options.plainWeight > 0 || cooperates
    return (augmented ? [.augmented] : []) + (plain ? [.plain] : [])
  }

  var requires: Set<PosteriorPart> {
    cooperates && options.cooperation == "kl"
      ? [.logPartition, .goldScore, .tokenScores] : [.logPartition, .goldScore]
  }

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    let weight = output.view == .augmented ? options.augmentedWeight : options.plainWeight
    var loss =
      output.supervised
      ? try negativeLogLikelihood(output, weight: weight)
      : LossValue(value: 0, parts: [])
    guard output.view == .plain, cooperates, !earlier.isEmpty else { return loss }
    guard let teacher = earlier.first(where: { $0.view == .augmented }) else {
      throw PluginError("the cooperative term needs the augmented view before the plain one")
    }
    let cooperative =
      options.cooperation == "kl"
      ? try klDivergence(teacher: teacher, student: output, temperature: options.temperature)
      : try squaredDistance(teacher: teacher, student: output)
    let part = options.cooperativeWeight * cooperative.value
    loss.value += part
    loss.parts.append((options.cooperation == "kl" ? "KL" : "L2", part))
    cooperative.gradient.scale(by: Float(options.cooperativeWeight))
    if options.cooperation == "kl" {
      loss.posterior.tokenScores = cooperative.gradient
    } else {
      loss.words = cooperative.gradient
    }
    return loss
  }

  /// weight · mean over sentences of (log Z − gold score)
  private func negativeLogLikelihood(_ output: ViewOutput, weight: Double) throws -> LossValue {
    guard let logZ = output.posterior.logPartition, let gold = output.posterior.goldScore else {
      throw PluginError("the likelihood needs a decoder with a partition function and gold tags")
    }
    let scale = weight / Double(max(1, output.sentences))
    let value = zip(logZ, gold).map { $0 - $1 }.reduce(0, +) * scale
    let d = [Double](repeating: scale, count: output.sentences)
    return LossValue(
      value: value, parts: [(output.view == .augmented ? "NLL+" : "NLL", value)],
      posterior: PosteriorCotangent(logPartition: d, goldScore: d.map { -$0 }))
  }
}
