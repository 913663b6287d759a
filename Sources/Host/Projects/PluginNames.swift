import PluginAPI

/// What one plugin is called in each place, from the name that a person gave: `my-notes` or `MyNotes`.
struct PluginNames: Equatable, Sendable {
  /// In YAML: `my-notes`.
  let id: String
  /// The Swift module, the library `libMyNotes.so` and the symbol `calm_plugin_MyNotes`.
  let module: String
  /// Where hyphens are not allowed: `my_notes`.
  var snake: String { id.replacing("-", with: "_") }

  init(_ name: String) throws(Diagnostic) {
    let fine = name.utf8.allSatisfy { byte in
      Self.lower.contains(byte) || Self.upper.contains(byte) || Self.digits.contains(byte) || byte == Self.hyphen
    }
    let words = Self.words(name)
    guard fine, let first = name.utf8.first, !Self.digits.contains(first), !words.contains("") else {
      throw Self.refusal(
        "`\(name)` cannot be a plugin's name: it has to begin with a letter and to have letters, digits and single hyphens only",
        name)
    }
    guard name.utf8.count <= 60 else {
      throw Self.refusal("a plugin's name may have 60 characters, not \(name.utf8.count)", name)
    }
    id = words.joined(separator: "-")
    module = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    guard !Self.taken.contains(module.lowercased()) else {
      throw Diagnostic(
        "C120", "`\(name)` cannot be a plugin's name: its module `\(module)` would hide what the API or Swift calls so",
        hint: "say what it does, e.g. `my-\(id)`")
    }
  }

  /// The lower-case words of `my-notes`, `MyNotes` or `HTTPNotes`; an empty one where two hyphens meet.
  private static func words(_ name: String) -> [String] {
    name.split(separator: "-", omittingEmptySubsequences: false).flatMap { part -> [String] in
      let bytes = Array(part.utf8)
      var words: [[UInt8]] = [[]]
      for (i, byte) in bytes.enumerated() {
        let begins = upper.contains(byte) && i > 0
        let afterLower = begins && !upper.contains(bytes[i - 1])
        let beforeLower = begins && i + 1 < bytes.count && lower.contains(bytes[i + 1])
        if afterLower || beforeLower { words.append([]) }
        words[words.count - 1].append(upper.contains(byte) ? byte + 0x20 : byte)
      }
      return words.map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private static func refusal(_ message: String, _ name: String) -> Diagnostic {
    let letters = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let near = String(letters).split(separator: "-").joined(separator: "-").drop { !$0.isLetter }.prefix(60)
    return Diagnostic("C120", message, hint: near.isEmpty ? "e.g. `my-notes`" : "did you mean `\(near)`?")
  }

  private static let lower = UInt8(ascii: "a")...UInt8(ascii: "z"), upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9"), hyphen = UInt8(ascii: "-")

  /// Modules and types that the sources of a plugin name, in whichever language.
  private static let taken: Set<String> = [
    "Alloc", "Array", "Augmentor", "CPluginABI", "CalmNumerics", "Context", "ContextRequest", "Core", "Decoder", "Double",
    "Encoder", "Error", "Float", "Forward", "Foundation", "FoundationEssentials", "Glibc", "Int", "Json", "Loss", "LossValue",
    "Manifest", "Mode", "NoOptions", "OptionField", "Optional", "Parameter", "Plugin", "PluginAPI", "PluginError",
    "PluginOptions", "Posterior", "RandomStream", "Range", "Result", "Services", "Set", "Shape", "Std", "String", "Struct",
    "Subprocess", "Swift", "Sys", "Task", "Tensor", "Test", "Testing", "Unittest", "View", "Weights", "WordVectors",
  ].reduce(into: []) { $0.insert($1.lowercased()) }
}
