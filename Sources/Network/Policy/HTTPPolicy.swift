public import PluginAPI

/// `http:` — what the host allows on the network, and how long it waits.
public struct HTTPPolicy: PluginOptions {
  /// Hosts that may be asked; see ``AllowedHosts``.
  public var hosts: [String]
  /// Seconds until a connection is there, TLS included.
  public var connectSeconds: Double
  /// Seconds between two pieces of an answer, and until the first.
  public var readSeconds: Double
  /// Seconds of one try from its beginning to its last byte.
  public var totalSeconds: Double
  /// Tries after the first.
  public var retries: Int
  /// The mean of the wait before the first retry is half of it; it doubles from try to try.
  public var backoffSeconds: Double
  /// No wait is longer; a server that asks for more gets none.
  public var longestWaitSeconds: Double
  /// Size of an answer, decompressed, in 2^20 bytes.
  public var maxMegabytes: Double
  /// Tries under way at a time, an endpoint.
  public var concurrency: Int
  /// Requests that fail one after the other, an endpoint, before it is left alone.
  public var breakAfter: Int
  /// Seconds for which it is left alone.
  public var breakSeconds: Double

  /// The keys of the section.
  public static let fields = [
    OptionField.optional(
      "hosts", .list(.string), default: "",
      help: "hosts that may be asked: host, host:port, or a range of addresses such as 10.0.0.0/8 that names may lead to"),
    .optional("connectSeconds", .number, default: "10", in: 0.01...3600, help: "until a connection is there"),
    .optional(
      "readSeconds", .number, default: "120", in: 0.01...86400, help: "between two pieces of an answer, and until the first"),
    .optional("totalSeconds", .number, default: "600", in: 0.01...86400, help: "one try from its beginning to its last byte"),
    .optional("retries", .integer, default: "4", in: 0...100, help: "tries after the first, where they may help"),
    .optional(
      "backoffSeconds", .number, default: "1", in: 0...3600, help: "longest wait before the first retry; doubles each time"),
    .optional(
      "longestWaitSeconds", .number, default: "120", in: 0...86400,
      help: "longest wait before any try; a server that asks for a longer one is given up"),
    .optional("maxMegabytes", .number, default: "16", in: 0.001...4096, help: "size of an answer, decompressed, at most"),
    .optional("concurrency", .integer, default: "8", in: 1...1024, help: "requests at a time to one endpoint"),
    .optional(
      "breakAfter", .integer, default: "3", in: 1...1000,
      help: "requests in a row that an endpoint fails for good before it is left alone"),
    .optional("breakSeconds", .number, default: "30", in: 0...86400, help: "how long it is left alone"),
  ]

  /// Bytes of an answer at most.
  public var maxBytes: Int { Int(maxMegabytes * 1_048_576) }
}
