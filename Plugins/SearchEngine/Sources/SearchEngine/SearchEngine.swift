public import PluginAPI

let manifest = Manifest(
  id: "search-engine", kind: .augmentor, version: "1.0.0", licence: "Apache-2.0",
  summary: "searches the web, Wikipedia, Elasticsearch or a local index for contexts and ranks them by BERTScore; provider "
    + "`local` opens libCalmXapian.so, which is linked to Xapian and therefore GPL-2.0-or-later",
  seeded: false)

/// The entry point.
@c(calm_plugin_SearchEngine)
public func entry() -> UnsafePointer<calm_plugin_info> {
  exportPlugin(calm_this_stamp()) {
    retained(manifest, options: SearchOptions.self) { options, _, services in
      try SearchAugmentor(options, services: services)
    }
  }
}
