/// What a pickle of tensors is made of.
///
/// Nothing here can act. Containers are numbers into ``Pickle``'s lists, so that no value holds another: a pickle may nest and
/// repeat as it likes without a call of ours getting deeper or a copy longer.
enum PickleValue: Sendable {
  case none, real
  case bool(Bool)
  case integer(Int)
  case text(String)
  case tuple(Int), list(Int), dictionary(Int)
  case symbol(PickleSymbol)
  case storage(Int), tensor(Int)

  /// For errors.
  var kind: String {
    switch self {
    case .none: "None"
    case .real: "a float"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .text: "a text"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .symbol: "a type or function"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// The names of Python objects that a file of tensors has a use for. They are patterns to compare with; none is ever called.
enum PickleSymbol: Equatable, Sendable {
  case orderedDictionary, rebuildTensor, rebuildParameter
  case storage(StorageType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "DoubleStorage"): self = .storage(.float64)
    case ("torch", "FloatStorage"): self = .storage(.float32)
    case ("torch", "HalfStorage"): self = .storage(.float16)
    case ("torch", "BFloat16Storage"): self = .storage(.bfloat16)
    case ("torch", "LongStorage"): self = .storage(.int64)
    case ("torch", "IntStorage"): self = .storage(.int32)
    case ("torch", "ShortStorage"): self = .storage(.int16)
    case ("torch", "CharStorage"): self = .storage(.int8)
    case ("torch", "ByteStorage"): self = .storage(.uint8)
    case ("torch", "BoolStorage"): self = .storage(.bool)
    default: return nil
    }
  }
}

/// What a pickle holds, as far as tensors are concerned.
struct Pickle: Sendable {
  /// Numbers in the file, beside the pickle.
  struct Storage: Equatable, Sendable {
    var key: String
    var type: StorageType
    /// Elements, as the pickle has it.
    var count: Int
  }

  /// A view of a storage, as the pickle has it: not checked against anything.
  struct Tensor: Sendable {
    var storage: Int
    var offset: Int
    var shape: [Int]
    var stride: [Int]
  }

  var root = PickleValue.none
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [[String: PickleValue]] = []
  var storages: [Storage] = []
  var tensors: [Tensor] = []

  /// A tensor has no more dimensions.
  static let rankLimit = 8

  /// The sizes or strides in a tuple of nothing else. A tuple may be named many times, so a long one is not copied out.
  func dimensions(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value, tuples[index].count <= Self.rankLimit else { return nil }
    var numbers: [Int] = []
    for case .integer(let number) in tuples[index] { numbers.append(number) }
    return numbers.count == tuples[index].count ? numbers : nil
  }
}
