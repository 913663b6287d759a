import PluginAPI

/// An error that stands in the body of an answer, in any of the forms that servers give it.
struct ServerFault: Error, Equatable {
  var message: String
  /// The status that it stands for, where it gives one.
  var code: Int?
  var isQuota = false
  /// Whether another try may help.
  var passes = false

  init(_ message: String, passes: Bool = false) {
    self.message = message
    self.passes = passes
  }

  /// `{"error": {message, type, code}}`, `{"error": "…"}`, `{"object": "error", "message": …}`; nil where the answer is none.
  init?(_ json: JSON) {
    guard json.object != nil else {
      self.init("its answer is no JSON object")
      return
    }
    let error: JSON
    switch json["error"] {
    case let given? where given != .null: error = given
    default:
      guard json["object"]?.text == "error" else { return nil }
      error = json
    }
    let type = error["type"]?.text ?? json["error_type"]?.text
    let said = error.text ?? error["message"]?.text ?? json["message"]?.text ?? "without a word why"
    self.init("it reports an error" + (type.map { " (\($0))" } ?? "") + ": " + said)
    code = error["code"]?.integer
    isQuota =
      code == 402 || ["insufficient_quota", "billing_hard_limit_reached"].contains { type == $0 || error["code"]?.text == $0 }
    // Overload and faults of the server's own.
    passes = !isQuota && (code.map { [408, 425, 429].contains($0) || (500...599).contains($0) } ?? false)
  }

  /// As a failure of the request. What it repeats of the key is left out before it is cut, which could cut through the key.
  func failure(_ address: String, _ key: Secret?) -> HTTPFailure {
    let said = key?.redacted(from: message) ?? message
    // What concerns the key, the model's name and the rate is a refusal like any other, though it comes with status 200.
    let refused = code.flatMap { [401, 403, 404, 429].contains($0) ? $0 : nil }
    return HTTPFailure(
      isQuota ? .quota : refused == nil ? .answer : .status, "\(address): \(said.prefix(300))", status: refused ?? 200,
      retries: passes)
  }
}

extension HTTPFailure {
  /// Whether another request may well succeed: the server refuses this one, or made nothing of it. Other failures are those of
  /// the key, the model's name, a quota, a host that is not there.
  var concernsOneRequest: Bool {
    switch kind {
    case .answer: true
    case .status: [400, 413, 422, 500].contains(status)
    default: false
    }
  }
}
