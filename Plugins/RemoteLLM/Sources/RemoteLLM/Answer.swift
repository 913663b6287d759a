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
    promptTokens = Self.count(json["usage"]?["prompt_tokens"]) ?? promptTokens
    completionTokens = Self.count(json["usage"]?["completion_tokens"]) ?? completionTokens
    guard let choice = json["choices"]?[0] else {
      // The last event of a stream may tell the usage alone.
      if streamed, json["choices"] != nil || json["usage"] != nil { return }
      throw ServerFault("its answer holds no text: `choices` is empty or missing")
    }
    // A server that passes requests on tells here that the one behind it failed.
    if let fault = ServerFault(choice) { throw fault }
    let message = choice[streamed ? "delta" : "message"]
    guard let content = message?["content"] ?? choice["text"] ?? (message == nil ? nil : .null) else {
      throw ServerFault("its answer holds no text: the choice has neither `message` nor `text`")
    }
    text += Self.text(of: content) ?? message?["refusal"]?.text ?? ""
    finish = choice["finish_reason"]?.text ?? finish
    if finish == "error" { throw ServerFault("it ended its answer with an error and does not say which") }
  }

  /// A number of tokens; nil where it is none that an answer can have, since the budget is reckoned with it.
  private static func count(_ json: JSON?) -> Int? {
    json?.integer.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
  }

  /// Puts the key's name where the server repeats the key. A short one is left: servers that want none are given a word such as
  /// `none`, which texts hold too.
  mutating func hide(_ key: Secret) {
    guard key.value.utf8.count > 5 else { return }
    text = key.redacted(from: text)
    finish = finish.map(key.redacted(from:))
    model = model.map(key.redacted(from:))
    id = id.map(key.redacted(from:))
    systemFingerprint = systemFingerprint.map(key.redacted(from:))
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
