import Glibc

/// An IPv4 or IPv6 address.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
  /// 4 or 16 bytes. An IPv6 address that only carries an IPv4 one is held as that.
  public let bytes: [UInt8]

  /// Reads `192.0.2.1`, `2001:db8::1`, without brackets and zones; nil where the text is no address.
  public init?(_ text: String) {
    var buffer = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &buffer) == 1 {
      self.init(bytes: Array(buffer.prefix(4)))
    } else if inet_pton(AF_INET6, text, &buffer) == 1 {
      self.init(bytes: buffer)
    } else {
      return nil
    }
  }

  /// An address of 4 or 16 bytes.
  public init(bytes: [UInt8]) {
    // Mapped (::ffff:0:0/96), translated (64:ff9b::/96) and 6to4 (2002::/16) addresses lead to the IPv4 address in them.
    let zeros = [UInt8](repeating: 0, count: 8)
    if bytes.starts(with: zeros + [0, 0, 0xFF, 0xFF]) || bytes.starts(with: [0, 0x64, 0xFF, 0x9B] + zeros) {
      self.bytes = Array(bytes.suffix(4))
    } else if bytes.count == 16, bytes.starts(with: [0x20, 0x02]) {
      self.bytes = Array(bytes[2..<6])
    } else {
      self.bytes = bytes
    }
  }

  /// As `inet_pton` reads it.
  public var description: String {
    var text = [CChar](repeating: 0, count: 64)
    guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, 64) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Who can be behind an address.
  public enum Reach: String, Sendable {
    case `public`, loopback
    /// Addresses of a site: RFC 1918, shared address space, unique local.
    case `private`
    /// Of one link, the metadata service of cloud machines among them.
    case linkLocal = "link-local"
    /// No host of the internet: unspecified, documentation, multicast, reserved.
    case reserved
  }

  /// Who can be behind it.
  public var reach: Reach { Self.ranges.first { $0.range.contains(self) }?.reach ?? .public }

  private static let ranges: [(range: AddressRange, reach: Reach)] = [
    ("0.0.0.0/8", .reserved), ("10.0.0.0/8", .private), ("100.64.0.0/10", .private), ("127.0.0.0/8", .loopback),
    ("169.254.0.0/16", .linkLocal), ("172.16.0.0/12", .private), ("192.0.0.0/24", .reserved), ("192.0.2.0/24", .reserved),
    ("192.168.0.0/16", .private), ("198.18.0.0/15", .reserved), ("198.51.100.0/24", .reserved),
    ("203.0.113.0/24", .reserved), ("224.0.0.0/3", .reserved), ("::1/128", .loopback), ("::/96", .reserved),
    ("64:ff9b:1::/48", .private), ("100::/64", .reserved), ("2001::/32", .reserved), ("2001:db8::/32", .reserved),
    ("fc00::/7", .private), ("fe80::/10", .linkLocal), ("fec0::/10", .private), ("ff00::/8", .reserved),
  ].compactMap { text, reach in AddressRange(text).map { ($0, reach) } }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`.
public struct AddressRange: Sendable, Hashable {
  let first: NetworkAddress
  let bits: Int

  /// Reads `ADDRESS/BITS`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = NetworkAddress(String(parts[0])), let bits = Int(parts[1]),
      (0...8 * address.bytes.count).contains(bits)
    else { return nil }
    first = address
    self.bits = bits
  }

  /// Whether `address` is one of them.
  public func contains(_ address: NetworkAddress) -> Bool {
    guard address.bytes.count == first.bytes.count else { return false }
    return zip(address.bytes, first.bytes).enumerated().allSatisfy { i, pair in
      let left = min(8, max(0, bits - 8 * i))
      return (pair.0 ^ pair.1) & ~(left == 8 ? 0 : 0xFF >> left) == 0
    }
  }
}
