import NetworkPolicy
import PluginAPI

/// What an experiment says about the network: its section `http:`, and the addresses that its options name.
struct NetworkSettings: Sendable {
  /// `http:` with defaults filled in and the hosts of the named addresses among `hosts`.
  let policy: ConfigNode

  /// No section, no hosts.
  static let none = NetworkSettings(section: nil, naming: [])

  init(policy: ConfigNode) { self.policy = policy }

  /// Settings of a section that is free of faults, and of the addresses that options name: to write one is to allow its host.
  init(section: ConfigNode?, naming addresses: [WebAddress]) {
    let place = SourceMark(file: SourceMark.defaultFile, line: 1, column: 1)
    var node = (section ?? ConfigNode(.map([]), mark: place)).filled(with: HTTPPolicy.fields)
    let named = addresses.map { address in
      let host = address.host.contains(":") ? "[\(address.host)]" : address.host
      return ConfigNode(.scalar("\(host):\(address.port)", quoted: true), mark: place)
    }
    node.value = .map(
      (node.map ?? []).map { entry in
        guard entry.key.name == "hosts" else { return entry }
        return .init(entry.key, ConfigNode(.list((entry.value.list ?? []) + named), mark: entry.value.mark))
      })
    policy = node
  }

  /// The faults of a section `http:`.
  static func faults(_ section: ConfigNode) -> [Diagnostic] {
    let faults = check(section, against: HTTPPolicy.fields, what: "section `http`")
    return faults
      + (section["hosts"]?.list ?? []).compactMap { entry in
        guard let text = entry.text, let what = AllowedHosts.fault(of: text) else { return nil }
        return Diagnostic("C114", "host `\(text)` \(what)", mark: entry.mark)
      }
  }
}

extension ConfigNode {
  /// The addresses that stand in options of the type `url`, and anywhere in options of a plugin's own structure.
  func webAddresses(_ fields: [OptionField]) -> [WebAddress] {
    (map ?? []).flatMap { entry in
      fields.first { $0.name == entry.key.name }.map { entry.value.webAddresses(as: $0.type) } ?? []
    }
  }

  private func webAddresses(as type: OptionType) -> [WebAddress] {
    switch (type, value) {
    case (.url, .scalar(let text, _)): WebAddress(text).map { [$0] } ?? []
    case (.list(let item), .list(let items)): items.flatMap { $0.webAddresses(as: item) }
    case (.map(let item), .map(let entries)): entries.flatMap { $0.value.webAddresses(as: item) }
    case (.mapping, .map), (.plugin, .map): webAddresses(type.keys ?? [])
    case (.any, .scalar(let text, _)) where text.hasPrefix("http://") || text.hasPrefix("https://"):
      WebAddress(text).map { [$0] } ?? []
    case (.any, .list(let items)): items.flatMap { $0.webAddresses(as: .any) }
    case (.any, .map(let entries)): entries.flatMap { $0.value.webAddresses(as: .any) }
    default: []
    }
  }
}
