import NetworkPolicy
public import PluginAPI

// The library that the host opens when something first asks for the network. It is entered as a plugin is, so that the same
// checks are made before any of its code runs; its options are the section `http:`.

let manifest = Manifest(
  id: "network", kind: .service, version: "1.0.0", licence: "Apache-2.0", summary: "the network as the host's policy allows it")

/// The entry point.
@c(calm_plugin_CalmNetwork)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: HTTPPolicy.self) { policy, _, services in
      NetworkClient(policy) { services.log($0, $1) }
    }
  }
}
