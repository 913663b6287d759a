import Glibc
import PluginAPI

// Plugins that break one law each, in one library. The environment variable CALM_BAD_PLUGIN says which one it is, as
// `group-fault`: what a group's faults are stands in the file of that group. Without it, or without a fault, all laws are kept.
// The library is built by the tests of `calm plugin validate`, together with the toys of the tests of the laws.

enum Chosen {
  static let group = parts.first ?? "augmentor"
  static let fault = parts.count > 1 ? parts[1] : ""

  private static let parts = (getenv("CALM_BAD_PLUGIN").map { String(cString: $0) } ?? "").split(separator: "-").map(
    String.init)
}

/// What the host enters.
@c(calm_plugin_Bad)
public func entry() -> UnsafePointer<calm_plugin_info> {
  if Chosen.group == "load" { Mishap(rawValue: Chosen.fault)?.happen() }
  return exportPlugin(calm_this_stamp()) {
    retained(ManifestLie.manifest, options: BadOptions.self) { options, shape, _ in
      if Chosen.group == "make" {
        if Chosen.fault == "throws" { throw PluginError("the moon is in the wrong place", hint: "wait") }
        Mishap(rawValue: Chosen.fault)?.happen()
      }
      return instance(shape, dropout: options.dropout)
    }
  }
}

private func instance(_ shape: Shape, dropout: Float) -> any Plugin {
  switch Chosen.group {
  case "encoder": ToyEncoder(ToyEncoder.Fault(rawValue: Chosen.fault), dropout: dropout)
  case "decoder":
    MishapDecoder(
      ToyDecoder(ToyDecoder.Fault(rawValue: Chosen.fault), width: shape.width, tags: shape.tags.count),
      Mishap(rawValue: Chosen.fault))
  case "loss": ToyLoss(ToyLoss.Fault(rawValue: Chosen.fault))
  case "learning": UnlearningLoss()
  case "call": MishapAugmentor(Mishap(rawValue: Chosen.fault))
  case "manifest": ManifestLie.instance
  default: ToyAugmentor(ToyAugmentor.Fault(rawValue: Chosen.fault))
  }
}
