import PluginAPI

extension ConfigNode {
  /// The mapping with the options of the plugins that its fields name (``OptionType/plugin(_:with:)``) checked, filled in and
  /// resolved as those plugins describe them.
  /// - Returns: the mapping, and the declared models that those options name.
  func resolvingPlugins(
    _ fields: [OptionField], registry: PluginRegistry, models: [DeclaredModel]
  ) throws -> (node: ConfigNode, models: Set<String>) {
    var entries = map ?? [], names: Set<String> = []
    for i in entries.indices {
      guard case .plugin(let kind, _)? = fields.first(where: { $0.name == entries[i].key.name })?.type,
        let id = entries[i].value["plugin"]?.text
      else { continue }
      let use = entries[i].value
      let plugin = try registry.plugin(id: id, kind: kind, mark: use["plugin"]?.mark)
      let given = use["options"] ?? ConfigNode(.map([]), mark: use.mark), known = plugin.manifest.options
      let faults = check(given, against: known, what: "options of plugin `\(id)`")
      guard faults.isEmpty else { throw Diagnostics(faults) }
      let filled = given.filled(with: known)
      names.formUnion(filled.modelNames(known))
      let options = Entry(Key("options", mark: given.mark), filled.resolvingPaths(known, models: models))
      entries[i].value = ConfigNode(.map((use.map ?? []).filter { $0.key.name != "options" } + [options]), mark: use.mark)
    }
    return (ConfigNode(.map(entries), mark: mark), names)
  }
}
