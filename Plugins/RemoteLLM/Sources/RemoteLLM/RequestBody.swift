import PluginAPI

/// What the server is sent.
struct RequestBody: Sendable {
  let options: RemoteLLMOptions
  private let extra: [String: JSON]

  /// Throws where an option would be of no effect, or contradicts another: a paid run would be wasted.
  init(_ options: RemoteLLMOptions) throws {
    self.options = options
    let known = [
      "model", "messages", "prompt", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "stream", "n",
    ]
    switch options.extra {
    case nil, .null?: extra = [:]
    case .object(let fields)?:
      if let taken = known.first(where: { fields[$0] != nil }) {
        throw PluginError("`extra` holds `\(taken)`, which has an option of its own or cannot be chosen")
      }
      extra = fields
    default: throw PluginError("`extra` must be a mapping of fields to values")
    }
    try checkOmitted()
    try checkTemplate()
  }

  /// A misspelt name would leave the field in.
  private func checkOmitted() throws {
    let fields = [
      "model", "max_tokens", "max_completion_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed",
      "stop", "stream", "stream_options",
    ]
    for name in options.omit ?? [] where !fields.contains(name) {
      let nearest = nearestName(to: name, among: fields).map { "did you mean `\($0)`? " } ?? ""
      throw PluginError(
        "`omit` names `\(name)`, which is no field that could be left out",
        hint: nearest + "There are: \(fields.joined(separator: ", "))")
    }
  }

  private func checkTemplate() throws {
    guard let template = options.template else { return }
    guard options.api == .completions else {
      throw PluginError(
        "`template` has no effect with `api: chat`: the server puts the model's template around the texts",
        hint: "say `api: completions`, or leave `template` out")
    }
    guard template.contains("{sentence}") else {
      throw PluginError(
        "`template` has no `{sentence}`: every request would be the same", hint: "put `{sentence}` where the sentence belongs")
    }
  }

  /// The address that is asked: the interface's path below the base address, whose query stays at the end.
  var address: String {
    let whole = options.endpoint.prefix { $0 != "#" }
    var base = whole.prefix { $0 != "?" }
    let query = whole[base.endIndex...]
    while base.hasSuffix("/") { base.removeLast() }
    return base + (options.api == .chat ? "/chat/completions" : "/completions") + query
  }

  /// The request of a sentence. Every value that changes the text is sent: servers' defaults differ, and some take the model's.
  func json(_ request: ContextRequest) -> JSON {
    var random = request.random
    var body: [String: JSON] = [
      "model": .text(options.model), options.tokenField: .integer(options.maxNewTokens),
      "temperature": .number(options.temperature), "top_p": .number(options.topP),
      "frequency_penalty": .number(options.frequencyPenalty), "presence_penalty": .number(options.presencePenalty),
      "seed": .integer(Int(random.next() >> 33)), "stream": .boolean(options.stream),
    ]
    if let stop = options.stop, !stop.isEmpty { body["stop"] = .list(stop.map(JSON.text)) }
    // Without it a stream does not tell what it used.
    if options.stream { body["stream_options"] = .object(["include_usage": .boolean(true)]) }
    switch options.api {
    case .chat:
      body["messages"] = .list(
        messages(request).map { .object(["role": .text($0.role), "content": .text($0.text)]) })
    case .completions: body["prompt"] = .text(prompt(request))
    }
    body.merge(extra) { _, given in given }
    for field in options.omit ?? [] { body[field] = nil }
    return .object(body)
  }

  /// The text that the model reads, as far as it is known here: the server's template is not.
  func shown(_ request: ContextRequest) -> String {
    options.api == .completions
      ? prompt(request) : messages(request).map { "[\($0.role)]\n\($0.text)" }.joined(separator: "\n")
  }

  /// Tokens of the text, guessed: four characters each.
  func guessedTokens(_ request: ContextRequest) -> Int { (shown(request).count + 3) / 4 }

  private func messages(_ request: ContextRequest) -> [(role: String, text: String)] {
    let sentence = request.words.joined(separator: " ")
    switch (options.promptSlot, request.prompt) {
    case (.system, let prompt?): return [("system", prompt), ("user", sentence)]
    case (.user, let prompt?): return [("user", prompt + "\n\n" + sentence)]
    case (_, nil): return [("user", sentence)]
    }
  }

  private func prompt(_ request: ContextRequest) -> String {
    let sentence = request.words.joined(separator: " ")
    guard let template = options.template else {
      return (request.prompt.map { $0 + "\n\n" } ?? "") + sentence + "\n\n"
    }
    // The pieces are put in once: a sentence that holds `{prompt}` stays as it is.
    return template.split(separator: "{sentence}", omittingEmptySubsequences: false)
      .map { $0.replacing("{prompt}", with: request.prompt ?? "") }.joined(separator: sentence)
  }
}
