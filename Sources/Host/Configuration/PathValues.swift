import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

extension ConfigNode {
  /// The mapping with the values of path and model fields made absolute: `${NAME}` and `${NAME:-default}` are expanded, the rest is
  /// relative to the file that says it. A model that is declared under `models:` becomes its folder or file in the cache.
  func resolvingPaths(_ fields: [OptionField], models: [DeclaredModel]) -> ConfigNode {
    guard let entries = map else { return self }
    return ConfigNode(
      .map(
        entries.map { entry in
          guard let field = fields.first(where: { $0.name == entry.key.name }) else { return entry }
          return Entry(entry.key, entry.value.resolved(as: field.type, models: models))
        }), mark: mark)
  }

  /// The values of model fields as they are written: names of declared models, or paths.
  func modelNames(_ fields: [OptionField]) -> Set<String> {
    (map ?? []).reduce(into: []) { names, entry in
      guard let field = fields.first(where: { $0.name == entry.key.name }) else { return }
      names.formUnion(entry.value.modelNames(as: field.type))
    }
  }

  private func modelNames(as type: OptionType) -> Set<String> {
    switch (type, value) {
    case (.model, .scalar(let text, _)): isNull ? [] : [text]
    case (.list(let item), .list(let items)): items.reduce(into: []) { $0.formUnion($1.modelNames(as: item)) }
    case (.map(let item), .map(let entries)): entries.reduce(into: []) { $0.formUnion($1.value.modelNames(as: item)) }
    case (.mapping(let fields), .map), (.plugin(_, let fields), .map): modelNames(fields)
    default: []
    }
  }

  private func resolved(as type: OptionType, models: [DeclaredModel]) -> ConfigNode {
    switch (type, value) {
    case (.model, .scalar(let text, _)), (.path, .scalar(let text, _)):
      if isNull { return self }
      let declared = type == .model ? models.first { $0.name == text } : nil
      let path = declared?.path ?? configuredPath(text, from: mark)
      return ConfigNode(.scalar(path, quoted: true), mark: mark)
    case (.url, .scalar(let text, _)):
      return isNull ? self : ConfigNode(.scalar(expandVariables(text), quoted: true), mark: mark)
    case (.list(let item), .list(let items)):
      return ConfigNode(.list(items.map { $0.resolved(as: item, models: models) }), mark: mark)
    case (.map(let item), .map(let entries)):
      return ConfigNode(.map(entries.map { Entry($0.key, $0.value.resolved(as: item, models: models)) }), mark: mark)
    case (.mapping(let fields), .map), (.plugin(_, let fields), .map): return resolvingPaths(fields, models: models)
    default: return self
    }
  }
}

/// A path as a configuration writes it, made absolute.
func configuredPath(_ text: String, from mark: SourceMark) -> String {
  absolutePath(resolvedPath(expandVariables(text), from: mark))
}

/// The path from the root, without `.` and `..`.
func absolutePath(_ path: String) -> String {
  let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  return URL(fileURLWithPath: full).standardizedFileURL.path
}

/// An environment variable.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private func expandVariables(_ text: String) -> String {
  var out = "", rest = Substring(text)
  while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
    out += rest[..<start.lowerBound]
    let body = rest[start.upperBound..<end]
    let split = body.firstRange(of: ":-")
    let value = environment(String(split.map { body[..<$0.lowerBound] } ?? body)) ?? ""
    out += value.isEmpty ? split.map { String(body[$0.upperBound...]) } ?? "" : value
    rest = rest[rest.index(after: end)...]
  }
  return out + rest
}
