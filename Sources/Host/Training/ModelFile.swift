import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// `best/` and `last/`: the weights of a tagger and what they were trained for.
struct ModelFile: Codable, Sendable {
  var tags: [String]
  var epoch: Int
  var step: Int
  var score: Double?
  var sha256: String

  static func save(_ tagger: Tagger, state: TrainingState, score: Double?, in folder: RunFolder, name: String) throws {
    try folder.makeFolder(name)
    let path = folder.file(name + "/model.safetensors")
    do {
      try SafeTensors.write(tagger.parameters.map { ($0.name, $0.parameter.value) }, to: path + ".tmp")
    } catch { throw Diagnostic("S601", "\(path) cannot be written: \(error)") }
    let digest = try Digest.sha256(ofFile: path + ".tmp")
    guard rename(path + ".tmp", path) == 0 else { throw Diagnostic("S601", "\(path) cannot be written: \(systemMessage())") }
    try folder.write(
      json: ModelFile(tags: tagger.tags.names, epoch: state.epoch, step: state.step, score: score, sha256: digest),
      to: name + "/manifest.json")
  }

  /// A resumed run writes it anew only where it finds a better epoch.
  private static let lost = "restore it from a copy, or train afresh into another folder with --out"

  /// The description of `RUN/best` or `RUN/last`.
  static func read(run: String, name: String) throws -> ModelFile {
    let path = "\(run)/\(name)/manifest.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic(
        "S602", "\(run) holds no trained model (\(path) cannot be read)", hint: "train it with `calm run … --out \(run)`")
    }
    guard let manifest = try? JSONDecoder().decode(ModelFile.self, from: data), TagSet.isPossible(manifest.tags) else {
      throw Diagnostic("S602", "\(path) is damaged", hint: lost)
    }
    return manifest
  }

  /// Reads the weights into `tagger`, whose tags must be ``tags``.
  func load(into tagger: Tagger, run: String, name: String) throws {
    let path = "\(run)/\(name)/model.safetensors"
    guard access(path, F_OK) == 0 else { throw Diagnostic("S602", "\(path) is missing", hint: Self.lost) }
    guard try Digest.sha256(ofFile: path) == sha256 else {
      throw Diagnostic(
        "S602", "\(path) does not have the digest that its manifest names: it was changed or half written",
        hint: Self.lost)
    }
    do {
      let file = try SafeTensors(path: path)
      for (name, parameter) in tagger.parameters { try file.load(name, into: parameter.value) }
    } catch { throw Diagnostic("S602", "\(error)") }
  }
}
