import FoundationEssentials
import PluginAPI

/// Everything that a generated text depends on besides its sentence.
struct ContextGenerator: Sendable, Hashable {
  /// The plugin's own id, not an alias, and its version.
  let plugin: String, version: String
  /// What the plugin says its text depends on.
  let fingerprint: [String: String]
  let seed: UInt64
  /// The rendered prompt; nil for a plugin that takes none.
  let prompt: String?

  /// The fingerprint with its names sorted.
  var fingerprintJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(fingerprint)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Identifies the generator itself.
  var digest: String { Digest.sha256(of: Array(common.utf8)) }

  /// The key of a sentence's context: SHA-256 over plugin, version, fingerprint, seed, prompt and sentence.
  func key(_ sentence: String) -> String { Digest.sha256(of: Array((common + field(sentence)).utf8)) }

  /// The sentence's random stream. It is named by seed, prompt and sentence, not by the sentence's place: the same request gets
  /// the same text wherever it stands.
  func random(_ sentence: String) -> RandomStream {
    RandomStream(seed: seed, "augment " + field(prompt) + field(sentence))
  }

  private var common: String {
    field(plugin) + field(version) + field(fingerprintJSON) + field(String(seed)) + field(prompt)
  }

  /// Fields carry their length, so that no two lists of fields are the same text.
  private func field(_ text: String?) -> String { text.map { "\($0.utf8.count):\($0)," } ?? "-," }
}

/// A sentence as requests and the store know it: its words joined by one space.
func sentenceText(_ words: [String]) -> String { words.joined(separator: " ") }
