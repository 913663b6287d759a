import PluginAPI

/// What YAML may say under `options:`. Each stored property is described once in `fields`, which checks what the user writes, fills
/// in defaults, and is what `calm plugin info` shows.
struct PluginNameOptions: PluginOptions {
  var augmentedWeight: Double

  static let fields = [
    OptionField.optional(
      "augmentedWeight", .number, default: "0.5", in: 0...100, help: "weight of the view with context; the plain one's is 1")
  ]
}

let manifest = Manifest(
  id: "plugin-name", kind: .loss, version: "0.1.0", licence: "Apache-2.0",
  summary: "negative log-likelihood of both views, each by itself")

/// The one symbol that the host looks for: `calm_plugin_` and the module's name.
@c(calm_plugin_PluginName)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: PluginNameOptions.self) { options, _, _ in PluginName(options) }
  }
}

/// weight · NLL(augmented) + NLL(plain), where NLL is the mean over sentences of log Z − gold score.
final class PluginName: Loss {
  private let options: PluginNameOptions

  init(_ options: PluginNameOptions) { self.options = options }

  /// The views in the order in which they are evaluated. `earlier` of the plain view holds what the augmented one came to: that is
  /// where a cooperative term would take its teacher from.
  var views: [View] { options.augmentedWeight > 0 ? [.augmented, .plain] : [.plain] }

  /// A decoder that lacks one of these is refused before the run starts.
  var requires: Set<PosteriorPart> { [.logPartition, .goldScore] }

  func evaluate(_ output: ViewOutput, earlier: [ViewOutput]) throws -> LossValue {
    // A view that is only drawn to an earlier one has nothing to learn from its gold tags.
    guard output.supervised else { return LossValue(value: 0, parts: []) }
    guard let logZ = output.posterior.logPartition, let gold = output.posterior.goldScore else {
      throw PluginError("the likelihood needs a decoder with a partition function, and gold tags")
    }
    let weight = output.view == .augmented ? options.augmentedWeight : 1
    let scale = weight / Double(max(1, output.sentences))
    let value = zip(logZ, gold).reduce(0) { $0 + $1.0 - $1.1 } * scale
    // The gradient with respect to each part of the posterior; parts that are left out have none.
    let d = [Double](repeating: scale, count: output.sentences)
    return LossValue(
      value: value, parts: [(output.view == .augmented ? "NLL+" : "NLL", value)],
      posterior: PosteriorCotangent(logPartition: d, goldScore: d.map { -$0 }))
  }
}
