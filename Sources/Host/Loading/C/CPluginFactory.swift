import PluginAPI

/// Makes instances of a plugin that is written against the C ABI. What it describes itself with never changes, hence
/// `@unchecked Sendable`.
final class CPluginFactory: PluginFactory, @unchecked Sendable {
  let manifest: Manifest
  private let plugin: calm_plugin

  typealias Entry = @convention(c) () -> UnsafePointer<calm_plugin>?

  /// Reads the description of the plugin at `path` that its entry point gives.
  init(path: String, symbol: String, entry: Entry) throws(Diagnostic) {
    do throws(PluginError) {
      guard let pointer = entry() else { throw PluginError("`\(symbol)` gives NULL") }
      plugin = try readStruct(pointer, as: calm_plugin(), least: Self.least, "calm_plugin")
      manifest = try Self.manifest(plugin)
      try Self.checkFunctions(plugin)
    } catch {
      throw Diagnostic(
        "P322", "plugin `\(path)` describes itself wrongly: \(error.message)", hint: error.hint.isEmpty ? nil : error.hint)
    }
  }

  func make(options: ConfigNode, shape: Shape, services: Services) throws -> any Plugin {
    let faults = check(options, against: manifest.options, what: "options of plugin `\(manifest.id)`")
    guard faults.isEmpty else { throw Diagnostics(faults) }
    let instance = try CInstance(
      of: plugin, options: options.filled(with: manifest.options), fields: manifest.options, services: services)
    return manifest.kind == .loss
      ? try CLoss(instance, Self.functions(plugin.loss, calm_loss(), least: Self.leastLoss, "calm_loss"))
      : try CAugmentor(
        instance, Self.functions(plugin.augmentor, calm_augmentor(), least: Self.leastAugmentor, "calm_augmentor"),
        id: manifest.id)
  }

  // The sizes of version 1.0, but for trailing fields that may be zero.
  private static let least = MemoryLayout<calm_plugin>.offset(of: \.loss) ?? MemoryLayout<calm_plugin>.size
  private static let leastLoss = MemoryLayout<calm_loss>.offset(of: \.evaluate_jointly) ?? MemoryLayout<calm_loss>.size
  private static let leastAugmentor = MemoryLayout<calm_augmentor>.size
  private static let leastOption = MemoryLayout<calm_option>.offset(of: \.required) ?? MemoryLayout<calm_option>.size

  private static func functions<T>(
    _ pointer: UnsafePointer<T>?, _ zero: T, least: Int, _ name: String
  ) throws(PluginError) -> T {
    guard let pointer else { throw PluginError("it has no `\(name)`") }
    return try readStruct(pointer, as: zero, least: least, name)
  }

  private static func checkFunctions(_ plugin: calm_plugin) throws(PluginError) {
    guard plugin.create != nil else { throw PluginError("it has no `create`") }
    guard plugin.kind == CALM_LOSS else {
      let augmentor = try functions(plugin.augmentor, calm_augmentor(), least: leastAugmentor, "calm_augmentor")
      guard augmentor.fingerprint != nil, augmentor.answer != nil else {
        throw PluginError("its `calm_augmentor` lacks `fingerprint` or `answer`")
      }
      return
    }
    let loss = try functions(plugin.loss, calm_loss(), least: leastLoss, "calm_loss")
    guard loss.describe != nil, loss.evaluate != nil || loss.evaluate_jointly != nil else {
      throw PluginError("its `calm_loss` lacks `describe`, or both `evaluate` and `evaluate_jointly`")
    }
  }

  private static func manifest(_ plugin: calm_plugin) throws(PluginError) -> Manifest {
    guard plugin.kind == CALM_AUGMENTOR || plugin.kind == CALM_LOSS else {
      throw PluginError("its kind is \(plugin.kind); the C ABI has 1, augmentors, and 2, losses")
    }
    func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(PluginError) -> String {
      guard let text = cString(pointer) else { throw PluginError("its `\(name)` is NULL or no UTF-8") }
      return text
    }
    let options = try fields(plugin)
    return Manifest(
      id: try text(plugin.id, "id"), kind: plugin.kind == CALM_LOSS ? .loss : .augmentor,
      version: try text(plugin.version, "version"), licence: try text(plugin.licence, "licence"),
      summary: try text(plugin.summary, "summary"), options: options, seeded: plugin.flags & CALM_RECORDED == 0,
      takesPrompt: plugin.flags & CALM_TAKES_PROMPT != 0, answersNewText: plugin.flags & CALM_FILES_ONLY == 0)
  }

  private static func fields(_ plugin: calm_plugin) throws(PluginError) -> [OptionField] {
    guard plugin.option_count != 0 else { return [] }
    guard (1...1000).contains(plugin.option_count), let first = plugin.options else {
      throw PluginError("it says that it has \(plugin.option_count) options, but has no sound array of them")
    }
    let distance = UnsafeRawPointer(first).load(as: Int.self)
    var fields: [OptionField] = []
    for i in 0..<plugin.option_count {
      let place = UnsafeRawPointer(first) + i * distance
      let option = try readStruct(
        place.assumingMemoryBound(to: calm_option.self), as: calm_option(), least: leastOption, "calm_option")
      fields.append(try field(option, number: i + 1))
    }
    try checkFields(fields)
    return fields
  }

  private static func field(_ option: calm_option, number: Int) throws(PluginError) -> OptionField {
    guard let name = cString(option.name), !name.isEmpty else { throw PluginError("its option \(number) has no name") }
    let choices = words(option.choices)
    guard let item = type(option.type & ~CALM_LIST, choices) else {
      throw PluginError("its option `\(name)` has type \(option.type), which is none of the header's")
    }
    if case .choice(let words) = item, words.isEmpty { throw PluginError("its option `\(name)` has no `choices`") }
    let bounded = option.least != 0 || option.greatest != 0
    guard !bounded || option.least <= option.greatest else {
      throw PluginError("its option `\(name)` is between \(option.least) and \(option.greatest)")
    }
    return describedOption(
      name, option.type & CALM_LIST != 0 ? .list(item) : item, required: option.required != 0,
      default: cString(option.default_text), range: bounded ? option.least...option.greatest : nil,
      help: cString(option.help) ?? "")
  }

  private static func words(_ list: UnsafePointer<UnsafePointer<CChar>?>?) -> [String] {
    guard var next = list else { return [] }
    var words: [String] = []
    while let word = next.pointee, words.count < 1000 {
      words.append(String(cString: word))
      next += 1
    }
    return words
  }

  private static func type(_ number: UInt32, _ choices: [String]) -> OptionType? {
    switch number {
    case CALM_STRING: .string
    case CALM_INTEGER: .integer
    case CALM_NUMBER: .number
    case CALM_BOOLEAN: .boolean
    case CALM_PATH: .path
    case CALM_MODEL: .model
    case CALM_URL: .url
    case CALM_CHOICE: .choice(choices)
    default: nil
    }
  }
}

/// An option as a plugin of another language describes it.
func describedOption(
  _ name: String, _ type: OptionType, required: Bool, default text: String?, range: ClosedRange<Double>?, help: String
) -> OptionField {
  if required { return .required(name, type, in: range, help: help) }
  guard let text else { return .optional(name, type, in: range, help: help) }
  return .optional(name, type, default: text, in: range, help: help)
}

/// Refuses options whose names repeat, or whose defaults the options themselves would refuse.
func checkFields(_ fields: [OptionField]) throws(PluginError) {
  var names: Set<String> = []
  if let twice = fields.first(where: { !names.insert($0.name).inserted }) {
    throw PluginError("it describes the option `\(twice.name)` twice")
  }
  let nothing = ConfigNode(.map([]), mark: SourceMark(file: "default", line: 1, column: 1))
  if let fault = check(nothing.filled(with: fields), against: fields, what: "options").first(where: { $0.code != "C103" }) {
    throw PluginError("the default of an option does not fit: \(fault.message)")
  }
}
