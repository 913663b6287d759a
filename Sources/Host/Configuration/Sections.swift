import PluginAPI

// The experiment file's sections: each a plain struct whose keys are described once, like a plugin's options.

/// `data:` — the labelled files.
struct DataSection: PluginOptions {
  var format: String
  var train: String
  var dev: String
  var test: String?
  var token: Int
  var tag: Int?
  var comment: String?
  var scheme: String
  var repair: Bool
  var limit: Int?

  static let fields = [
    OptionField.optional("format", .choice(["conll"]), default: "conll", help: "column files"),
    .required("train", .path, help: "training sentences"),
    .required("dev", .path, help: "sentences on which the best epoch is chosen"),
    .optional("test", .path, help: "sentences of the final scores"),
    .optional("token", .integer, default: "1", in: 1...1000, help: "column of the token, counted from 1"),
    .optional("tag", .integer, in: 1...1000, help: "column of the tag; default: the last"),
    .optional("comment", .string, help: "what a line begins with that is to be passed over, such as \"# id\""),
    .optional(
      "scheme", .choice(["auto", "iob1", "iob2", "bioes"]), default: "auto", help: "tag scheme; auto detects and checks it"),
    .optional("repair", .boolean, default: "false", help: "repair malformed tag sequences instead of refusing them"),
    .optional("limit", .integer, in: 1...1e9, help: "train on the first so many sentences only"),
  ]

  /// The splits and their files.
  var files: [(split: String, path: String)] {
    [("train", train), ("dev", dev)] + (test.map { [("test", $0)] } ?? [])
  }

  /// How many sentences of a split, from the first, are used at all; nil for all.
  func limit(of split: String) -> Int? { split == "train" ? limit : nil }

  /// Which columns are read.
  var columns: ColumnFile.Columns { .init(token: token, tag: tag, comment: comment) }

  /// A split's sentences as they are written, with the tags of the file.
  func read(_ path: String) throws -> [Sentence] { try ColumnFile.read(path: path, columns: columns).sentences }
}

/// `contexts:` — where contexts are kept and how a context's text becomes encoder input.
struct ContextsSection: PluginOptions {
  var store: String?
  var contextWords: String
  var maxWords: Int?
  var failBelow: Int

  /// Of the class Fail where nothing else is said: the number that the paper's Table 6 was made with.
  static let standardFailBelow = 20

  static let fields = [
    OptionField.optional(
      "store", .path, help: "file that keeps what augmentors answer, for all runs; default: contexts.sqlite in CALM_CACHE"),
    .optional(
      "contextWords", .choice(["whitespace", "punctuation"]), default: "whitespace",
      help: "how the text is cut into words; punctuation also puts every ASCII punctuation mark apart"),
    .optional("maxWords", .integer, in: 0...1e6, help: "keep only this many words of a context"),
    .optional(
      "failBelow", .integer, default: String(standardFailBelow), in: 0...1e6,
      help: "fewer distinct pieces between single spaces than this make the class Fail"),
  ]

  var storePath: String { store ?? ContextStore.defaultPath }
}

/// `training:` — defaults are the paper's and CL-KL's.
struct TrainingSection: PluginOptions {
  var epochs: Int
  var batch: Int
  var accumulation: Int
  var microBatchTokens: Int
  var optimiser: String
  var views: String
  var learningRates: [String: Double]
  var epsilon: Double
  var beta1: Double
  var beta2: Double
  var weightDecay: GroupNumbers
  var schedule: String
  var warmUp: Double
  var clip: Double
  var wordDropout: Double
  var bucketing: String
  var select: String
  var patience: Int?
  var monitorTest: Bool
  var checkpointMinutes: Double

  /// Learning rates of CL-KL; `learningRates:` overrides them group by group.
  static let defaultRates = ["encoder": 5e-6, "classifier": 5e-6, "crf": 0.05]

  static let fields = [
    OptionField.optional("epochs", .integer, default: "10", in: 1...100_000, help: "passes over the training sentences"),
    .optional("batch", .integer, default: "4", in: 1...65536, help: "sentences an optimiser step"),
    .optional(
      "accumulation", .integer, default: "1", in: 1...65536, help: "micro-batches a step; less memory, the same gradient"),
    .optional(
      "microBatchTokens", .integer, default: "2048", in: 1...1e9,
      help: "a micro-batch with more sub-tokens is cut further: bounds memory, whatever the batch"),
    .optional("optimiser", .choice(["adamw"]), default: "adamw", help: "AdamW with decoupled weight decay"),
    .optional(
      "views", .choice(["paired", "mixed"]), default: "paired",
      help:
        "paired: a step reads both views of its sentences; mixed: plain and augmented sentences are examples of one shuffled corpus"
    ),
    .optional(
      "learningRates", .map(.number), default: "", in: 0...10,
      help: "by parameter group: encoder, classifier (5e-6 each), crf (0.05)"),
    .optional("epsilon", .number, default: "1e-6", in: 1e-12...1, help: "AdamW's epsilon"),
    .optional("beta1", .number, default: "0.9", in: 0...0.9999, help: "AdamW's first decay"),
    .optional("beta2", .number, default: "0.999", in: 0...0.999999, help: "AdamW's second decay"),
    .optional(
      "weightDecay", .any, default: "0",
      help: "decoupled weight decay, from 0 to 1, of all parameters, norms and biases too; or one by parameter group"),
    .optional(
      "schedule", .choice(["linear", "cosine", "constant"]), default: "linear",
      help: "learning rates fall to 0 in a straight line or along half a cosine, or stay"),
    .optional("warmUp", .number, default: "0", in: 0...1, help: "share of all steps in which rates rise from 0"),
    .optional("clip", .number, default: "5", in: 0...1e9, help: "largest global gradient norm; 0 switches clipping off"),
    .optional("wordDropout", .number, default: "0.1", in: 0...0.9, help: "probability that a position's word vector is zeroed"),
    .optional(
      "bucketing", .choice(["none", "length"]), default: "none",
      help: "length: batches of sentences of similar length; needed by encoders that pad, the shipped ones pack"),
    .optional(
      "select", .choice(["both", "with", "without", "last"]), default: "both",
      help: "the best epoch by dev F1: the mean of both views, one of them, or simply the last"),
    .optional("patience", .integer, in: 1...100_000, help: "stop after this many epochs without a better dev F1"),
    .optional(
      "monitorTest", .boolean, default: "false",
      help: "score the test split after each epoch too; the best epoch is chosen on dev all the same"),
    .optional("checkpointMinutes", .number, default: "5", in: 0...1e6, help: "minutes between checkpoints within an epoch"),
  ]

  /// The learning rate of a parameter group.
  func rate(_ group: String) -> Double? { learningRates[group] ?? Self.defaultRates[group] }
}

/// A number from 0 to 1 for all parameter groups, or one each: a group that is left out has 0.
enum GroupNumbers: Decodable, Sendable {
  case all(Double)
  case each([String: Double])

  init(from decoder: any Swift.Decoder) throws {
    self = try (try? decoder.singleValueContainer().decode(Double.self)).map(Self.all) ?? .each([String: Double](from: decoder))
    let numbers = if case .each(let groups) = self { Array(groups.values) } else { [self[""]] }
    guard numbers.allSatisfy((0...1).contains) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "must be from 0 to 1"))
    }
  }

  subscript(group: String) -> Double {
    switch self {
    case .all(let number): number
    case .each(let groups): groups[group] ?? 0
    }
  }
}

/// The top level of an experiment file.
enum ExperimentFields {
  /// How many threads there may be: CalmNumerics has room for so many.
  static let threads: ClosedRange<Double> = 1...64
  static let plugin = [
    OptionField.required("plugin", .string, help: "the plugin's id"),
    .optional("options", .any, help: "the plugin's options; see `calm plugin info ID`"),
  ]
  static let augmentor =
    plugin + [
      .optional("seed", .integer, default: "0", in: 0...1e15, help: "seed of the generation, apart from the training's"),
      .optional(
        "prompt", .any, help: "what the augmentor is asked, where its plugin takes a prompt: a preset's name or a mapping"),
      .optional("stored", .any, help: "contexts that are there already; the plugin is asked for the rest"),
    ] + ProcessWish.fields
  static let library =
    [
      OptionField.optional(
        "library", .string, help: "file name, searched beside the host and in the plugin folders, or a path"),
      .optional("command", .list(.string), help: "program and arguments of a plugin that is a process, instead of a library"),
      .optional("sha256", .string, help: "digest that the file must have"),
    ] + ProcessWish.fields
  static let all = [
    OptionField.optional("name", .string, help: "name of the experiment; default: the file's"),
    .optional("extends", .any, help: "a file, or files, that this one overrides"),
    .optional("plugins", .map(.any), help: "plugin id to its library or command"),
    .optional("models", .map(.any), help: "models that are fetched when they are missing"),
    .optional("seed", .integer, default: "1", in: 0...1e15, help: "seed of the training"),
    .optional("threads", .integer, in: threads, help: "compute threads; default: the processor's cores"),
    .optional("data", .any, help: "the labelled files"),
    .optional("contexts", .any, help: "how contexts become input"),
    .optional("augmentor", .any, help: "what writes or finds contexts; without it sentences are read alone"),
    .optional("encoder", .any, help: "what turns words into vectors"),
    .optional("decoder", .any, help: "what turns vectors into tags"),
    .optional("loss", .any, help: "what trains both views together"),
    .optional("training", .any, help: "optimiser, schedule, batches"),
    .optional("sweep", .map(.any), help: "values that a grid of runs takes: a dotted path to a list, or to labels and values"),
    .optional("http", .any, help: "hosts that may be asked, time-outs, retries"),
  ]
}
