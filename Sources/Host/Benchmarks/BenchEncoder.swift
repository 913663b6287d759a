import ArgumentParser
import PluginAPI

/// `calm bench encoder`: sentences to word vectors through the plugin boundary, as in tagging.
struct BenchEncoder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encoder", abstract: "Encode sentences, in tokens a second: real tokens, padding does not count.")

  @Option(help: "The encoder plugin; default: chosen by the model's model_type.")
  var plugin: String?
  @Option(help: ArgumentHelp("The model folder.", valueName: "folder"))
  var model: String?
  @OptionGroup var random: ShapeOptions
  @Option(help: "Sentences a batch.")
  var batch = 4
  @Option(help: "Tokens a sentence, special tokens included.")
  var length = 128
  @Option(
    help: ArgumentHelp("Encode the sentences of FILE, one a line, words at spaces, instead of --length.", valueName: "file"))
  var data: String?
  @Option(help: "The plugin's option `precision`; default: the plugin's own.")
  var precision: String?
  @OptionGroup var repetition: RepeatOptions
  @OptionGroup var bench: BenchOptions

  func validate() throws {
    if (model == nil) == (random.shape == nil) { throw ValidationError("give either --model or --shape") }
    try requirePositive("batch", batch)
    if length < 3 { throw ValidationError("--length must be at least 3: a word and two special tokens") }
  }

  mutating func run() throws {
    try bench.prepare()
    let encoder = try open()
    let sentences = try words(encoder)
    let batches = stride(from: 0, to: sentences.count, by: batch).map { from in
      ViewBatch(
        view: .plain,
        sentences: (from..<min(from + batch, sentences.count)).map { ViewSentence(id: $0, words: sentences[$0]) })
    }
    let tokens = try sentences.reduce(0) { $0 + (try encoder.tokenize(words: $1).ids.count) }
    let timing = try Timing.measure(repetition.count) {
      for batch in batches { _ = try encoder.encode(batch, mode: .inference).value }
    }
    let row = BenchRow(
      bench: "encoder",
      settings: [
        ("model", .text(model ?? random.shape?.rawValue ?? "")), ("precision", .text(precision ?? "default")),
        ("batch", .count(batch)), ("data", .text(data ?? "length \(length)")), ("threads", .count(Threads.count)),
        ("repeat", .count(repetition.count)), ("sentences", .count(sentences.count)), ("tokens", .count(tokens)),
      ],
      results: [("tokensPerSecond", .number(Double(tokens) / timing.median, digits: 0))] + timing.fields
        + [("peakMB", .number(PeakMemory.mebibytes, digits: 0))])
    try bench.report([row])
  }

  private func open() throws -> any TokenEncoder {
    let options = precision.map { [("precision", $0)] } ?? []
    guard let shape = random.shape else {
      return try EncoderOptions.open(model: model ?? "", plugin: plugin, options: options)
    }
    return try withRandomModel(RandomModel(shape: shape, tokenizer: random.tokenizer)) { folder in
      PeakMemory.reset()  // what it took to make the weights is not the encoder's
      return try EncoderOptions.open(model: folder, plugin: plugin, options: options)
    }
  }

  /// The sentences: those of the file, or one batch of frequent words, each a single piece.
  private func words(_ encoder: any TokenEncoder) throws -> [[String]] {
    if let data {
      let sentences = try readLines(data).map { $0.split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
      guard !sentences.isEmpty else { throw Diagnostic("D204", "\(data) holds no sentence") }
      return sentences
    }
    let single = try RandomModel.words.filter { try encoder.tokenize(words: [$0]).ids.count == 3 }
    let pieces = single.isEmpty ? RandomModel.words : single
    return (0..<batch).map { s in (0..<length - 2).map { pieces[(s * 7 + $0 * 5) % pieces.count] } }
  }
}
