public import PluginAPI

/// What an answer with a status other than 2xx means.
public enum AnswerFault {
  /// The failure of an answer. `now` is in seconds since 1970; the body may be cut. What it repeats of `secrets` is left out.
  public static func of(
    _ address: WebAddress, status answered: Int, headers: [(name: String, value: String)], body: [UInt8], now: Double,
    secrets: [Secret] = []
  ) -> HTTPFailure {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    // Before it is cut: a secret that the cut goes through could not be found any more.
    let whole = secrets.reduce(String(decoding: body, as: UTF8.self)) { $1.redacted(from: $0) }
    let text = String(decoding: whole.utf8.prefix(4096), as: UTF8.self)
    // Some servers refuse a key as a fault of the request. It is none that another request would not have.
    let status = answered == 400 && text.contains("\"API_KEY_INVALID\"") ? 401 : answered
    let quota = status == 402 || ([403, 429].contains(status) && (hasQuotaReason(text) || isLongWindowSpent(header)))
    let said = summary(text)
    let message = "\(address) answered \(answered)" + (said.isEmpty ? "" : ": \(said)")
    return HTTPFailure(
      quota ? .quota : .status, message, status: status, body: text, retries: !quota && mayHelp(status),
      retryAfter: header("retry-after").flatMap { RetryAfter.seconds($0, now: now) })
  }

  /// Whether a server with this status may answer later: overload, time-outs and faults of its own, not faults of the request.
  public static func mayHelp(_ status: Int) -> Bool {
    [408, 425, 429].contains(status) || ((500...599).contains(status) && status != 501 && status != 505)
  }

  /// Reasons that no wait of ours cures: a day's or a month's quota, an account without credit.
  ///
  /// Some servers give the same reason for a burst and for a day, and only their words tell which.
  public static func hasQuotaReason(_ body: String) -> Bool {
    let reasons = [
      "dailyLimitExceeded", "dailyLimitExceededUnreg", "quotaExceeded", "insufficient_quota", "billing_hard_limit_reached",
      "billing_not_active", "QUOTA_EXCEEDED", "quota_exceeded",
    ]
    let words = body.lowercased()
    return reasons.contains { body.contains("\"\($0)\"") } || ["per day", "per-day", "perday"].contains { words.contains($0) }
  }

  /// `X-RateLimit-Policy: 1;w=1, 15000;w=2592000` beside `X-RateLimit-Remaining: 1, 0`: the window of a month is spent.
  private static func isLongWindowSpent(_ header: (String) -> String?) -> Bool {
    guard let policy = header("x-ratelimit-policy"), let remaining = header("x-ratelimit-remaining") else { return false }
    func items(_ text: String) -> [String] { text.split(separator: ",").map { $0.filter { $0 != " " } } }
    return zip(items(policy), items(remaining)).contains { window, left in
      let seconds = window.split(separator: ";").first { $0.hasPrefix("w=") }.flatMap { Double($0.dropFirst(2)) }
      return left == "0" && (seconds ?? 0) >= 3600
    }
  }

  /// The beginning of what a server says, on one line and without control characters.
  public static func summary(_ text: String, limit: Int = 300) -> String {
    let scalars = text.unicodeScalars.prefix(4 * limit).map { scalar in
      scalar.properties.generalCategory == .control || scalar.properties.isWhitespace ? " " : scalar
    }
    var words = String.UnicodeScalarView()
    for scalar in scalars where scalar != " " || words.last != " " { words.append(scalar) }
    let line = String(words).drop { $0 == " " }
    return line.count > limit ? line.prefix(limit) + "…" : String(line)
  }
}
