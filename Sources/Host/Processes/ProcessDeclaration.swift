import PluginAPI

/// How a plugin is to run, as far as the experiment says it.
struct ProcessWish: Sendable, Hashable {
  /// Whether a library is opened in a process of its own.
  var isIsolated: Bool?
  /// Seconds.
  var timeLimit: Double?

  static let fields = [
    OptionField.optional(
      "isolation", .choice(["none", "process"]), help: "of an augmentor: process opens its library in a process of its own"),
    .optional(
      "timeLimit", .number, in: 0.01...1e6,
      help: "seconds that an augmentor's process may take until its next answer; default: 600"),
  ]

  init() {}

  /// What a mapping with these fields says.
  init(_ node: ConfigNode?) {
    isIsolated = node?["isolation"]?.text.flatMap { $0 == "process" ? true : $0 == "none" ? false : nil }
    timeLimit = node?["timeLimit"]?.number
  }

  /// This, and `other` where it says nothing.
  func completed(by other: ProcessWish?) -> ProcessWish {
    var wish = self
    wish.isIsolated = isIsolated ?? other?.isIsolated
    wish.timeLimit = timeLimit ?? other?.timeLimit
    return wish
  }
}

/// An entry of `plugins:` that is a program, or says how a library runs.
struct ProcessDeclaration: Sendable {
  var id: String
  /// The words, with paths made absolute; nil for a library.
  var command: [String]?
  var sha256: String?
  var wish: ProcessWish
  var mark: SourceMark?

  /// Words of a command: those that name a file beside the one that says them become its path.
  static func words(_ command: ConfigNode) -> [ConfigNode] {
    (command.list ?? []).enumerated().map { i, word in
      guard let text = word.text, !text.isEmpty else { return word }
      let path = configuredPath(text, from: word.mark)
      guard i == 0 ? text.contains("/") : isRegularFile(path) else { return word }
      return ConfigNode(.scalar(path, quoted: true), mark: word.mark)
    }
  }

  /// What an entry of `plugins:` says too much, or too little.
  static func contradictions(_ id: String, _ entry: ConfigNode) -> [Diagnostic] {
    func given(_ key: String) -> ConfigNode? { entry[key].flatMap { $0.isNull ? nil : $0 } }
    func fault(_ what: String, _ mark: SourceMark, _ hint: String) -> [Diagnostic] {
      [Diagnostic("C115", "plugin `\(id)` \(what)", mark: mark, hint: hint)]
    }
    guard entry.map != nil else { return [] }
    if let command = given("command") {
      if given("library") != nil {
        return fault("has a library and a command", command.mark, "a plugin is one or the other")
      }
      if command.list?.isEmpty == true { return fault("has a command without words", command.mark, "name the program") }
      if let isolation = given("isolation"), isolation.text == "none" {
        return fault("is a command, which is a process whatever it says", isolation.mark, "remove `isolation`")
      }
      return []
    }
    guard given("library") == nil, given("isolation") == nil, given("timeLimit") == nil else { return [] }
    return fault("names neither a library nor a command", entry.mark, "write `library: libName.so` or `command: [program, …]`")
  }
}
