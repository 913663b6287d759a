public import PluginAPI
import Transformers

let manifest = Manifest(
  id: "xlm-r", kind: .encoder, version: "1.0.0", licence: "Apache-2.0",
  summary: "XLM-RoBERTa and RoBERTa encoders, base or large, from a Hugging Face folder")

/// The entry point.
@c(calm_plugin_XLMR)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: WordEncoderOptions.self) { options, shape, services in
      try WordEncoder.open(
        options, shape: shape, services: services, plugin: manifest.id, modelTypes: ["xlm-roberta", "roberta"])
    }
  }
}
