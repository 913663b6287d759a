internal import FoundationEssentials
import Numerics

/// The tensors of a Hugging Face folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
public struct Checkpoint: Sendable {
  /// The folder.
  public let folder: String
  private let files: [SafeTensors]
  private let owner: [String: Int]

  private struct Index: Decodable { var weight_map: [String: String] }

  /// Opens `folder`. Throws ``WeightsError`` naming the file that is missing or damaged.
  public init(folder: String) throws {
    self.folder = folder
    let single = folder + "/model.safetensors"
    let index = folder + "/model.safetensors.index.json"
    var files: [SafeTensors] = []
    var owner: [String: Int] = [:]
    if FileManager.default.fileExists(atPath: single) {
      files = [try SafeTensors(path: single)]
      for name in files[0].entries.keys { owner[name] = 0 }
    } else if let data = FileManager.default.contents(atPath: index) {
      guard let map = try? JSONDecoder().decode(Index.self, from: data).weight_map, !map.isEmpty else {
        throw WeightsError(index, "has no `weight_map` of tensor names to files")
      }
      for shard in Set(map.values).sorted() {
        guard !shard.contains("/"), !shard.isEmpty else {
          throw WeightsError(index, "names the shard `\(shard)` outside its folder")
        }
        let file = try SafeTensors(path: folder + "/" + shard)
        for (name, home) in map where home == shard {
          guard file.entries[name] != nil else {
            throw WeightsError(file.file.path, "has no tensor `\(name)`, which the index places there")
          }
          owner[name] = files.count
        }
        files.append(file)
      }
    } else {
      throw WeightsError(
        folder, "has neither model.safetensors nor model.safetensors.index.json; is it a Hugging Face model folder?")
    }
    self.files = files
    self.owner = owner
  }

  /// All tensor names.
  public var names: Set<String> { Set(owner.keys) }

  /// The shape of tensor `name`, nil where there is none.
  public func shape(_ name: String) -> [Int]? { owner[name].flatMap { files[$0].entries[name]?.shape } }

  /// The tensor `name` as float32 into `out`; the shape must match.
  public func read(_ name: String, into out: Tensor) throws {
    guard let home = owner[name] else { throw WeightsError(folder, "has no tensor `\(name)`") }
    try files[home].read(name, into: out)
  }

  /// The files that hold the tensors, for digests.
  public var paths: [String] { files.map(\.file.path) }
}
