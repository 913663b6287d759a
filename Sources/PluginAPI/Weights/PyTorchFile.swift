/// The tensors of a file that `torch.save` wrote from a model's `state_dict`, read without executing anything.
///
/// A tensor reader, not an unpickler: the pickle in the file is matched against what a dictionary of tensors looks like and
/// refused where it is anything else. The file is mapped; nothing is allocated by a size it declares.
public struct PyTorchFile: TensorFile {
  /// The file.
  public let file: MappedFile
  /// The tensors by name.
  public let entries: [String: TensorEntry]

  static let tensorLimit = 10_000

  /// Opens and checks `path`. Throws ``WeightsError`` that names the tensor or symbol at fault.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let content = try PyTorchContainer(file)
    guard case .dictionary(let root) = content.pickle.root else {
      throw WeightsError(path, "holds \(content.pickle.root.kind), not a dictionary of tensors. \(PickleReader.remedy)")
    }
    let items = content.pickle.dictionaries[root]
    guard items.count <= Self.tensorLimit else {
      throw WeightsError(path, "has \(items.count) tensors; the limit is \(Self.tensorLimit)")
    }
    var entries: [String: TensorEntry] = [:]
    for (name, value) in items.sorted(by: { $0.key < $1.key }) {
      guard case .tensor(let index) = value else {
        throw WeightsError(
          path, "has \(value.kind) under `\(name)`, not a tensor; is it a training checkpoint? \(PickleReader.remedy)")
      }
      let tensor = content.pickle.tensors[index]
      entries[name] = try Self.entry(
        tensor, name: name, storage: content.pickle.storages[tensor.storage], home: content.storages[tensor.storage], path: path
      )
    }
    self.file = file
    self.entries = entries
  }

  /// A storage's bytes are already known to be as many as its type and count say.
  private static func entry(
    _ tensor: Pickle.Tensor, name: String, storage: Pickle.Storage, home: Range<Int>, path: String
  ) throws -> TensorEntry {
    func fault(_ message: String) -> WeightsError { WeightsError(path, "tensor `\(name)` \(message)") }
    guard let size = storage.type.bytes(tensor.shape) else { throw fault("has the impossible shape \(tensor.shape)") }
    var stride = 1
    for (dimension, step) in zip(tensor.shape, tensor.stride).reversed() where size > 0 {
      // Where there is one element, no step is ever taken.
      guard dimension == 1 || step == stride else {
        throw fault(
          "is not contiguous (shape \(tensor.shape), strides \(tensor.stride)). Save it with .contiguous(), or as safetensors")
      }
      stride *= dimension
    }
    let count = size / storage.type.blockBytes
    guard tensor.offset >= 0, tensor.offset <= storage.count, count <= storage.count - tensor.offset else {
      throw fault(
        "takes \(count) elements from \(tensor.offset) on of the storage `\(storage.key)`, which has \(storage.count)")
    }
    let start = home.lowerBound + tensor.offset * storage.type.blockBytes
    return TensorEntry(type: storage.type, shape: tensor.shape, range: start..<start + size)
  }
}
