public import PluginAPI

/// The hosts that an experiment names.
///
/// An entry `host` allows that host at the ports of http and https, `host:port` at that port. A range of addresses allows no host
/// by itself: it says that names may lead there, which only public addresses may otherwise.
public struct AllowedHosts: Sendable {
  private var named: [(host: String, port: Int?)] = []
  private var ranges: [AddressRange] = []

  /// What is wrong with an entry; nil where nothing is.
  public static func fault(of entry: String) -> String? {
    if AddressRange(entry) != nil { return nil }
    if entry.contains("://") { return "is an address, not a host: leave `http://` and the path out" }
    if entry.contains("*") { return "has a `*`: every host is named by itself" }
    if NetworkAddress(entry) != nil || WebAddress.hostAndPort(entry) != nil { return nil }
    return "is none of host, host:port and address/bits"
  }

  /// Reads entries; those that have a ``fault(of:)`` allow nothing.
  public init(_ entries: [String]) {
    for entry in entries {
      if let range = AddressRange(entry) {
        ranges.append(range)
      } else if let address = NetworkAddress(entry) {
        named.append((address.description, nil))
      } else if let (host, port) = WebAddress.hostAndPort(entry) {
        named.append((host, port))
      }
    }
  }

  /// Whether an address may be asked, as far as its text tells.
  public func names(_ address: WebAddress) -> Bool {
    let host = NetworkAddress(address.host)?.description ?? address.host
    return named.contains { entry in
      (NetworkAddress(entry.host)?.description ?? entry.host) == host
        && (entry.port.map { $0 == address.port } ?? (address.port == 80 || address.port == 443))
    }
  }

  /// Whether what the host's name leads to may be connected to. A name cannot lead to a machine that only the user can reach, but
  /// where the experiment says so by that address, or by its range.
  public func permits(_ target: NetworkAddress, for address: WebAddress) -> Bool {
    if let literal = NetworkAddress(address.host) { return literal == target && names(address) }
    switch target.reach {
    case .public: return true
    case .loopback where address.host == "localhost" || address.host.hasSuffix(".localhost"): return true
    default: return ranges.contains { $0.contains(target) } || named.contains { NetworkAddress($0.host) == target }
    }
  }
}
