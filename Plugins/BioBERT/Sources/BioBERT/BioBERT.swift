public import PluginAPI
import Transformers

let manifest = Manifest(
  id: "biobert", kind: .encoder, version: "1.0.0", licence: "Apache-2.0",
  summary: "BioBERT and every other encoder of the BERT family, cased or uncased, from a Hugging Face folder")

/// The entry point.
@c(calm_plugin_BioBERT)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: WordEncoderOptions.self) { options, shape, services in
      try WordEncoder.open(
        options, shape: shape, services: services, plugin: manifest.id, modelTypes: ["bert"])
    }
  }
}
