/// A web address taken apart. What is compared with the allowed hosts is what is connected to: ``text`` is put together again
/// from the parts, so that no two readers can understand it differently.
public struct WebAddress: Sendable, Hashable, CustomStringConvertible {
  /// `http` or `https`.
  public let scheme: String
  /// The host in lower case; an IPv6 address without brackets.
  public let host: String
  /// The port, the scheme's where the address gives none.
  public let port: Int
  /// Path and query, from the `/` on.
  public let path: String

  /// Reads an absolute address. Nil where it is none: another scheme, a user or a password before the host, characters that
  /// have to be percent-encoded, a port that is none.
  public init?(_ text: String) {
    guard text.utf8.count <= 8192, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
      let colon = text.firstRange(of: "://")
    else { return nil }
    scheme = text[..<colon.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = text[colon.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let (host, port) = Self.hostAndPort(authority) else { return nil }
    self.host = host
    self.port = port ?? Self.standardPort(scheme)
    let path = rest[authority.endIndex...]
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
  }

  /// Host and port of `host`, `host:port`, `[v6]`, `[v6]:port`; nil where the text is something else.
  public static func hostAndPort(_ text: some StringProtocol) -> (host: String, port: Int?)? {
    let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
    guard let end = text.hasPrefix("[") ? end : end ?? text.endIndex else { return nil }
    let rest = text[end...]
    var port: Int?
    if !rest.isEmpty {
      let digits = rest.dropFirst()
      guard rest.hasPrefix(":"), !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits), (1...65535).contains(number)
      else { return nil }
      port = number
    }
    var host = text[..<end].lowercased()
    if host.hasPrefix("[") {
      host = String(host.dropFirst().dropLast())
      guard host.contains(":"), host.utf8.allSatisfy({ isHexadecimal($0) || ":.".utf8.contains($0) }) else { return nil }
    } else {
      if host.hasSuffix(".") { host.removeLast() }
      let labels = host.split(separator: ".", omittingEmptySubsequences: false)
      guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.count < 64 }), host.utf8.count < 254,
        host.utf8.allSatisfy({ isAlphanumeric($0) || "-._".utf8.contains($0) })
      else { return nil }
    }
    return (host, port)
  }

  /// The address that `reference` means on this address's page, as a redirect gives it; nil where it is none.
  public func resolving(_ reference: String) -> WebAddress? {
    if reference.hasPrefix("//") { return WebAddress(scheme + ":" + reference) }
    if reference.hasPrefix("/") { return WebAddress(origin + reference) }
    if reference.contains("://") { return WebAddress(reference) }
    let page = path.prefix { $0 != "?" }
    guard !reference.isEmpty, !reference.hasPrefix("#"), let slash = page.lastIndex(of: "/") else { return nil }
    return WebAddress(origin + (reference.hasPrefix("?") ? String(page) : String(page[...slash])) + reference)
  }

  /// Scheme, host and port: what time-outs, limits and the circuit breaker are counted for.
  public var origin: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return scheme + "://" + name + (port == Self.standardPort(scheme) ? "" : ":\(port)")
  }
  /// The whole address.
  public var text: String { origin + path }
  /// The address without its query: what messages name.
  public var description: String { origin + path.prefix { $0 != "?" } }

  private static func standardPort(_ scheme: String) -> Int { scheme == "https" ? 443 : 80 }
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
}
