import PluginAPI
import Synchronization
import Tokenizers

/// Writes contexts with a language model.
final class Llama2Augmentor: TextGenerator {
  let options: Llama2Options
  /// A model without a vocabulary can only be measured.
  private let optionalTokenizer: (any LanguageTokenizer)?
  /// Asked for with the first conversation: a model can be measured, and continue texts, without any template.
  private let chosen: Result<Chat, Diagnostic>
  private let services: Services
  let fingerprint: [String: String]
  /// Loaded when the first text is asked for: to look up stored contexts takes no weights.
  private let model = Mutex<LlamaModel?>(nil)
  private let file: ModelFile

  init(_ options: Llama2Options, services: Services) throws {
    self.options = options
    self.services = services
    file = try ModelFile(path: options.model)
    _ = try LlamaConfiguration.read(file)
    optionalTokenizer = try file.tokenizer { services.log(.warning, "llama2: " + $0) }
    chosen = Self.choose(options, optionalTokenizer) { services.log(.warning, "llama2: " + $0) }
    fingerprint = try Self.fingerprint(options, chat: try? chosen.get(), file)
  }

  /// The template that is set, or the model's own.
  private static func choose(
    _ o: Llama2Options, _ tokenizer: (any LanguageTokenizer)?, warn: (String) -> Void
  ) -> Result<Chat, Diagnostic> {
    if let choice = ChatTemplate(rawValue: o.chat) { return .success(Chat(choice, tokenizer)) }
    guard let own = tokenizer?.chatTemplate else {
      warn("\(o.model) has no chat template; prompt and sentence are given as plain text. Set `chat:`")
      return .success(Chat(.none, tokenizer))
    }
    if let found = ChatTemplate.recognise(own) { return .success(Chat(found, tokenizer)) }
    let choices = ChatTemplate.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    return .failure(
      Diagnostic(
        "M404", "\(o.model): the model's chat template is none of those that are known",
        hint: "set `chat:` to the one that it was trained with, of \(choices); `none` writes the texts as they are"))
  }

  private func tokenizer() throws -> any LanguageTokenizer {
    guard let optionalTokenizer else {
      throw Diagnostic(
        "M404", "\(file.path) has no tokenizer: it can be measured, but not asked", hint: "use the model's whole file")
    }
    return optionalTokenizer
  }

  /// Everything the text depends on besides the request: not `streams`, nor threads.
  private static func fingerprint(_ o: Llama2Options, chat: Chat?, _ file: ModelFile) throws -> [String: String] {
    var names = [
      "model": try file.digest(), "arithmetic": o.arithmetic.rawValue, "promptSlot": o.promptSlot.rawValue,
      "maxNewTokens": "\(o.maxNewTokens)", "temperature": "\(o.temperature)",
    ]
    for (name, value) in chat?.fingerprint(usesDefault: o.promptSlot == .user) ?? ["chat": "unknown"] { names[name] = value }
    if o.arithmetic == .fast { names["quantise"] = o.quantise.rawValue }
    if o.temperature > 0 {
      names["topP"] = "\(o.topP)"
      if o.topK > 0, o.topP < 1 { names["nucleus"] = "of topK" }
      names["topK"] = "\(o.topK)"
    }
    if o.repetitionPenalty != 1 { names["repetitionPenalty"] = "\(o.repetitionPenalty)" }
    if let stop = o.stop, !stop.isEmpty { names["stop"] = "\(stop)" }
    return names
  }

  func contexts(
    for requests: [ContextRequest]
  ) async throws -> AsyncThrowingStream<(index: Int, context: Context), any Error> {
    let tokenizer = try tokenizer()
    let prompts = try requests.map {
      Prompt(index: $0.index, tokens: try tokens(of: $0), random: $0.random)
    }
    let name = options.model.split(separator: "/").last.map(String.init) ?? options.model
    return run(prompts, refused: { (index: $0, context: Context.failed("\($1)")) }) {
      [tokenizer, stop = options.stop ?? []] continuation in
      let (text, stopped) = Self.text(of: continuation, tokenizer, stop)
      return (
        continuation.index,
        // Models begin with a space or a line break, which the authors' files have not: it would count as a word there.
        Context(
          text: text.trimmed, finish: stopped ? "stop" : "length", tokens: continuation.tokens.count, source: name,
          promptTokens: continuation.promptTokens, milliseconds: continuation.milliseconds)
      )
    }
  }

  func generate(_ requests: [GenerationRequest]) async throws -> AsyncThrowingStream<Generation, any Error> {
    let tokenizer = try tokenizer()
    let prompts = try requests.map { request in
      Prompt(index: request.index, tokens: try tokens(of: request), random: request.random)
    }
    return run(prompts) { [tokenizer, stop = options.stop ?? []] continuation in
      let (text, stopped) = Self.text(of: continuation, tokenizer, stop)
      return Generation(
        index: continuation.index, text: text, tokens: continuation.tokens.map(Int.init), finish: stopped ? "stop" : "length",
        promptTokens: continuation.promptTokens)
    }
  }

  /// System and user text of a request: the task prompt in its slot, and the words joined by spaces.
  private func slots(of request: ContextRequest, _ chat: Chat) -> (system: String?, user: String) {
    let sentence = request.words.joined(separator: " ")
    switch options.promptSlot {
    case .system: return (request.prompt, sentence)
    case .user: return (chat.defaultSystem, (request.prompt.map { $0 + "\n\n" } ?? "") + sentence)
    }
  }

  /// The ids of a request.
  func tokens(of request: ContextRequest) throws -> [Int32] {
    let chat = try chosen.get(), (system, user) = slots(of: request, chat)
    return try chat.tokens(system: system, user: user, try tokenizer())
  }

  /// A request as the model reads it.
  func text(of request: ContextRequest) throws -> String {
    let chat = try chosen.get(), (system, user) = slots(of: request, chat)
    return chat.parts(system: system, user: user).map { part in
      switch part {
      case .text(let text), .special(let text): text
      }
    }.joined()
  }

  private func tokens(of request: GenerationRequest) throws -> [Int32] {
    let tokenizer = try tokenizer()
    if request.isChat {
      let chat = try chosen.get()
      return try chat.tokens(system: chat.defaultSystem, user: request.prompt, tokenizer)
    }
    let ids = tokenizer.encode(request.prompt, parsingSpecials: true)
    guard tokenizer.addsBOS, let bos = tokenizer.bos, ids.first != bos else { return ids }
    return [bos] + ids
  }

  /// The text up to a stop token or one of the texts that end it.
  private static func text(
    of continuation: Continuation, _ tokenizer: any LanguageTokenizer, _ stop: [String]
  ) -> (text: String, stopped: Bool) {
    var bytes: [UInt8] = []
    for token in continuation.tokens { bytes += tokenizer.bytes(of: token) }
    let text = String(decoding: bytes, as: UTF8.self)
    let cuts = stop.filter { !$0.isEmpty }.compactMap { text.range(ofFirst: $0)?.lowerBound }
    guard let cut = cuts.min() else { return (text, continuation.stopped) }
    return (String(text[..<cut]), true)
  }

  /// Runs the engine on a task of its own; the stream's end cancels it.
  ///
  /// - Parameter refused: the answer to a prompt that does not fit; without it such a prompt ends the stream with an error.
  private func run<Answer: Sendable>(
    _ prompts: [Prompt], refused: (@Sendable (_ index: Int, PluginError) -> Answer)? = nil,
    _ answer: @escaping @Sendable (Continuation) -> Answer
  ) -> AsyncThrowingStream<Answer, any Error> {
    AsyncThrowingStream { stream in
      let task = Task.detached { [self] in
        do {
          if !prompts.isEmpty {
            try model.withLock { model in
              let engine = engine(try loaded(&model))
              var fitting: [Prompt] = [], misfits: [Answer] = []
              for prompt in prompts {
                if let refused, let fault = engine.fault(of: prompt) {
                  misfits.append(refused(prompt.index, fault))
                } else {
                  fitting.append(prompt)
                }
              }
              try engine.run(fitting, isCancelled: { Task.isCancelled }) { continuation in
                stream.yield(answer(continuation))
                // One by one: many failures in a row mean that none can succeed.
                if let misfit = misfits.popLast() { stream.yield(misfit) }
              }
              for misfit in misfits { stream.yield(misfit) }
            }
          }
          stream.finish()
        } catch { stream.finish(throwing: error) }
      }
      stream.onTermination = { _ in task.cancel() }
    }
  }

  private func loaded(_ model: inout LlamaModel?) throws -> LlamaModel {
    if let model { return model }
    let made = try LlamaModel(file, arithmetic: options.arithmetic, quantisation: options.quantise)
    model = made
    return made
  }

  private func engine(_ model: LlamaModel) -> GenerationEngine {
    var engine = GenerationEngine(
      model: model,
      sampling: Sampling(
        temperature: options.temperature, topP: options.topP, topK: options.topK, repetitionPenalty: options.repetitionPenalty),
      stopTokens: optionalTokenizer?.stopTokens ?? [], maxNewTokens: options.maxNewTokens, streams: options.streams,
      cacheBytes: options.cacheMegabytes << 20)
    if let stop = options.stop, !stop.isEmpty, let tokenizer = optionalTokenizer {
      let longest = stop.map(\.utf8.count).max() ?? 0
      engine.ends = { tokens in
        // A token is at least a byte, but for control tokens, which do not come twice.
        var bytes: [UInt8] = []
        for token in tokens.suffix(longest + 2) { bytes += tokenizer.bytes(of: token) }
        let text = String(decoding: bytes, as: UTF8.self)
        return stop.contains { !$0.isEmpty && text.range(ofFirst: $0) != nil }
      }
    }
    return engine
  }

  func measure(promptTokens: Int, newTokens: Int, streams: Int) throws -> GenerationSpeed {
    try model.withLock { model in
      try engine(try loaded(&model)).measure(promptTokens: promptTokens, newTokens: newTokens, streams: streams)
    }
  }
}
