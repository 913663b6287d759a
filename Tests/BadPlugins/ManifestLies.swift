import PluginAPI

/// Group `manifest`: identity cards that are not true, or that nobody can use.
enum ManifestLie: String {
  case kind, id, emptyID, otherID, version, summary, optionDefault, optionTwice, optionChoice

  private static let chosen = Chosen.group == "manifest" ? ManifestLie(rawValue: Chosen.fault) : nil

  static var manifest: Manifest {
    let kind: PluginKind =
      switch Chosen.group {
      case "encoder": .encoder
      case "decoder": .decoder
      case "loss", "learning": .loss
      default: .augmentor
      }
    var manifest = Manifest(
      id: "bad", kind: kind, version: "1.0.0", licence: "Apache-2.0", summary: "keeps all laws but one")
    switch chosen {
    case .kind: manifest.kind = .encoder
    case .id: manifest.id = "Bad Plugin"
    case .emptyID: manifest.id = ""
    case .otherID: manifest.id = "crf"
    case .version: manifest.version = "one"
    case .summary: manifest.summary = ""
    case .optionDefault, .optionTwice, .optionChoice, nil: break
    }
    return manifest
  }

  /// An augmentor, whatever the manifest says.
  static var instance: any Plugin { ToyAugmentor(nil) }

  static var option: [OptionField] {
    switch chosen {
    case .optionDefault: [.optional("times", .integer, default: "12", in: 1...9, help: "how often")]
    case .optionTwice:
      [.optional("times", .integer, default: "1", help: "how often"), .optional("times", .integer, help: "how often")]
    case .optionChoice: [.optional("mode", .choice(["plain", "fancy"]), default: "simple", help: "in which way")]
    default: []
    }
  }
}

struct BadOptions: PluginOptions {
  var dropout: Float

  static var fields: [OptionField] {
    [OptionField.optional("dropout", .number, default: "0.25", in: 0...1, help: "share that is dropped")] + ManifestLie.option
  }
}
