import PluginAPI

/// What a server answered, or has sent of it so far.
struct Answer: Sendable, Equatable {
  var text = ""
  /// Why the text ends, in the server's word; nil where it has not ended.
  var finish: String?
  var model: String?
  var id: String?
  var systemFingerprint: String?
  var promptTokens: Int?
  var completionTokens: Int?

  /// Takes in a whole answer, or the next event of a stream. Throws the failure that it tells of.
  mutating func take(_ json: JSON, streamed: Bool) throws(ServerFault) {
    if let fault = ServerFault(json) { throw fault }
    model = json["model"]?.text ?? model
    id = json["id"]?.text ?? id
    systemFingerprint = json["system_fingerprint"]?.text ?? systemFingerprint
    promptTokens = json["usage"]?["prompt_tokens"]?.integer ?? promptTokens
    completionTokens = json["usage"]?["completion_tokens"]?.integer ?? completionTokens
    guard let choice = json["choices"]?[0] else {
      // The last event of a stream may tell the usage alone.
      if streamed, json["choices"] != nil || json["usage"] != nil { return }
      throw ServerFault("its answer holds no text: `choices` is empty or missing")
    }
    let message = choice[streamed ? "delta" : "message"]
    guard let content = message?["content"] ?? choice["text"] ?? (message == nil ? nil : .null) else {
      throw ServerFault("its answer holds no text: the choice has neither `message` nor `text`")
    }
    text += Self.text(of: content) ?? message?["refusal"]?.text ?? ""
    finish = choice["finish_reason"]?.text ?? finish
  }

  /// A text, or the texts of a list of parts.
  private static func text(of content: JSON) -> String? {
    content.text ?? content.list.map { $0.compactMap { $0["text"]?.text }.joined() }
  }

  /// The text without what the model thought before it: blocks between `<think>` and `</think>`. A template may have opened the
  /// first block, and the limit of tokens may have kept the last one open.
  var withoutThinking: String {
    var out = "", rest = text[...]
    if let end = rest.firstRange(of: "</think>"), rest[..<end.lowerBound].firstRange(of: "<think>") == nil {
      rest = rest[end.upperBound...]
    }
    while let start = rest.firstRange(of: "<think>") {
      out += rest[..<start.lowerBound]
      rest = rest[start.upperBound...].firstRange(of: "</think>").map { rest[$0.upperBound...] } ?? ""
    }
    return String((out + rest).drop(while: \.isWhitespace))
  }
}

/// An error that stands in the body of an answer, in any of the forms that servers give it.
struct ServerFault: Error, Equatable {
  var message: String
  /// The status that it stands for, where it gives one.
  var code: Int?
  var isQuota = false

  init(_ message: String) { self.message = message }

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
    self.init("it reports an error" + (type.map { " (\($0))" } ?? "") + ": " + String(said.prefix(300)))
    code = error["code"]?.integer
    isQuota = ["insufficient_quota", "billing_hard_limit_reached"].contains { type == $0 || error["code"]?.text == $0 }
  }

  /// As a failure of the request. Overload and faults of the server's own may pass.
  func failure(_ address: String) -> HTTPFailure {
    let passes = code.map { [408, 425, 429].contains($0) || (500...599).contains($0) } ?? false
    return HTTPFailure(
      isQuota ? .quota : .answer, "\(address): \(message)", status: 200, retries: passes && !isQuota)
  }
}
