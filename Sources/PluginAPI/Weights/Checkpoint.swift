internal import FoundationEssentials
import CalmNumerics

#if canImport(Glibc)
  import Glibc
#endif

/// The tensors of a Hugging Face folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names; in a
/// folder without either, `pytorch_model.bin` or the shards of `pytorch_model.bin.index.json`.
public struct Checkpoint: Sendable {
  /// The folder.
  public let folder: String
  private let files: [any TensorFile]
  private let owner: [String: Int]

  private struct Index: Decodable { var weight_map: [String: String] }

  /// Opens `folder`. Throws ``WeightsError`` naming the file that is missing or damaged.
  public init(folder: String) throws {
    self.folder = folder
    // The best format that is there is the one that is read: a damaged file is never a reason to try a worse one.
    if let found = try Self.open(folder, "model.safetensors", { try SafeTensors(path: $0) })
      ?? Self.open(folder, "pytorch_model.bin", { try PyTorchFile(path: $0) })
    {
      (files, owner) = found
    } else {
      throw WeightsError(
        folder,
        "has neither model.safetensors nor pytorch_model.bin, nor the index of either's shards; is it a Hugging Face model folder?"
      )
    }
  }

  /// The file `name` or the shards of its index; nil where neither is there.
  private static func open(
    _ folder: String, _ name: String, _ read: (String) throws -> any TensorFile
  ) throws -> (files: [any TensorFile], owner: [String: Int])? {
    let single = folder + "/" + name, index = single + ".index.json"
    var files: [any TensorFile] = []
    var owner: [String: Int] = [:]
    if isThere(single) {
      files = [try read(single)]
      for name in files[0].entries.keys { owner[name] = 0 }
    } else if isThere(index) {
      guard let data = FileManager.default.contents(atPath: index),
        let map = try? JSONDecoder().decode(Index.self, from: data).weight_map, !map.isEmpty
      else {
        throw WeightsError(index, "has no `weight_map` of tensor names to files")
      }
      for shard in Set(map.values).sorted() {
        guard !shard.contains("/"), !shard.isEmpty else {
          throw WeightsError(index, "names the shard `\(shard)` outside its folder")
        }
        let file = try read(folder + "/" + shard)
        for (name, home) in map where home == shard {
          guard file.entries[name] != nil else {
            throw WeightsError(file.file.path, "has no tensor `\(name)`, which the index places there")
          }
          owner[name] = files.count
        }
        files.append(file)
      }
    } else {
      return nil
    }
    return (files, owner)
  }

  /// A link to nothing is there too: it is what is left of a better file.
  private static func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// All tensor names.
  public var names: Set<String> { Set(owner.keys) }

  /// The shape of tensor `name`, nil where there is none.
  public func shape(_ name: String) -> [Int]? { owner[name].flatMap { files[$0].entries[name]?.shape } }

  /// The tensor `name` as float32 into `out`; the shape must match. Throws ``WeightsError`` where it does not, where
  /// there is no such tensor, and for integers.
  public func read(_ name: String, into out: Tensor) throws {
    guard let home = owner[name] else { throw WeightsError(folder, "has no tensor `\(name)`") }
    try files[home].read(name, into: out)
  }

  /// Makes `out` the tensor `name`: in place in the mapped file where that holds float32, else a converted copy. Throws as
  /// ``read(_:into:)`` does.
  public func load(_ name: String, into out: Tensor) throws {
    guard let home = owner[name] else { throw WeightsError(folder, "has no tensor `\(name)`") }
    try files[home].load(name, into: out)
  }

  /// The files that hold the tensors, for digests.
  public var paths: [String] { files.map(\.file.path) }
}
