/// The places where Python would run code. Here each is a pattern that a value matches, or a refusal.
extension PickleReader {
  /// `('storage', torch.FloatStorage, key, location, count)`; before PyTorch 1.6 a sixth element, `None` but for views.
  mutating func storage(_ description: PickleValue) throws -> PickleValue {
    guard case .tuple(let index) = description else { throw damaged("a storage is described by \(description.kind)") }
    let parts = pickle.tuples[index]
    guard parts.count == 5 || parts.count == 6, case .text("storage") = parts[0], case .symbol(.storage(let type)) = parts[1],
      case .text(let key) = parts[2], case .text = parts[3], case .integer(let count) = parts[4]
    else { throw damaged("a storage is not described by its type, key, place and size") }
    if parts.count == 6 {
      guard case .none = parts[5] else { throw fault("stores a view of a storage, as PyTorch before 0.4 did. \(Self.remedy)") }
    }
    let storage = Pickle.Storage(key: key, type: type, count: count)
    if let known = storages[key] {
      guard pickle.storages[known] == storage else { throw fault("describes the storage `\(key)` in two ways") }
      return .storage(known)
    }
    storages[key] = pickle.storages.count
    pickle.storages.append(storage)
    return .storage(pickle.storages.count - 1)
  }

  /// The value that a call stands for.
  mutating func reduce(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .symbol(let symbol) = callee, case .tuple(let index) = arguments else {
      throw damaged("it applies \(callee.kind) to \(arguments.kind)")
    }
    let parts = pickle.tuples[index]
    switch symbol {
    case .orderedDictionary where parts.isEmpty: return newDictionary()
    case .orderedDictionary: throw fault("has an OrderedDict made of a list, which PyTorch does not write. \(Self.remedy)")
    case .rebuildTensor: return try tensor(parts)
    case .rebuildParameter:
      // (tensor, requires_grad, hooks)
      guard parts.count == 3, case .tensor = parts[0], case .bool = parts[1], isEmpty(parts[2]) else {
        throw damaged("a parameter is not a tensor with empty hooks")
      }
      return parts[0]
    case .storage: throw fault("makes a storage out of nothing; one is read from the file only. \(Self.remedy)")
    }
  }

  /// `(storage, offset, shape, stride, requires_grad, hooks)`, and since PyTorch 2 perhaps metadata, which must be empty:
  /// it may say that the numbers are to be negated.
  private mutating func tensor(_ parts: [PickleValue]) throws -> PickleValue {
    guard parts.count == 6 || parts.count == 7, case .storage(let storage) = parts[0], case .integer(let offset) = parts[1],
      let shape = pickle.dimensions(parts[2]), let stride = pickle.dimensions(parts[3]), shape.count == stride.count,
      case .bool = parts[4], isEmpty(parts[5]), parts.count == 6 || isEmpty(parts[6])
    else {
      throw damaged(
        "a tensor is not a storage, an offset, a shape and strides of at most \(Pickle.rankLimit) dimensions, with empty hooks")
    }
    pickle.tensors.append(.init(storage: storage, offset: offset, shape: shape, stride: stride))
    return .tensor(pickle.tensors.count - 1)
  }

  /// A module's dictionary has one attribute, `_metadata`: versions of layers, of no use here.
  func build(_ object: PickleValue, _ state: PickleValue) throws {
    guard case .dictionary = object, case .dictionary(let index) = state else {
      throw damaged("it gives \(object.kind) the state \(state.kind)")
    }
    if let other = pickle.dictionaries[index].keys.first(where: { $0 != "_metadata" }) {
      throw fault("gives a dictionary the attribute `\(other)`, which no file of plain tensors needs. \(Self.remedy)")
    }
  }

  private func isEmpty(_ value: PickleValue) -> Bool {
    switch value {
    case .none: true
    case .dictionary(let index): pickle.dictionaries[index].isEmpty
    default: false
    }
  }
}
