/// Reads a pickle of tensors without executing it: a stack of inert values, and the operations of protocol 2 that
/// `torch.save` writes. All others are refused, and so is every symbol that ``PickleSymbol`` does not know.
struct PickleReader {
  private var bytes: ByteReader
  var pickle = Pickle()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// Storages by key: tensors may share one.
  var storages: [String: Int] = [:]

  /// A model of 10 000 tensors takes fewer. Each adds a bounded number of bytes, so this bounds the memory of reading.
  static let operationLimit = 1 << 19

  /// Reads one pickle and leaves `bytes` behind it.
  static func read(_ bytes: inout ByteReader) throws -> Pickle {
    var reader = PickleReader(bytes: bytes)
    reader.pickle.root = try reader.run()
    bytes = reader.bytes
    return reader.pickle
  }

  private init(bytes: ByteReader) { self.bytes = bytes }

  func fault(_ message: String) -> WeightsError { bytes.fault(message) }

  private mutating func run() throws -> PickleValue {
    let start = bytes.position
    guard try bytes.number(UInt8.self) == PickleOperation.proto.rawValue else {
      throw fault("has no pickle at byte \(start), where one should be")
    }
    let version = try bytes.number(UInt8.self)
    guard version == 2 else {
      throw fault("is pickled with protocol \(version); only 2, PyTorch's own, is read. \(Self.remedy)")
    }
    for _ in 0..<Self.operationLimit {
      let code = try bytes.number(UInt8.self)
      guard let operation = PickleOperation(rawValue: code) else { throw try refusal(of: code) }
      if operation == .stop { return try result() }
      try perform(operation)
    }
    throw fault("has a pickle of more than \(Self.operationLimit) operations. \(Self.remedy)")
  }

  private mutating func result() throws -> PickleValue {
    let value = try pop()
    guard stack.isEmpty, marks.isEmpty else { throw damaged("it ends with values left over") }
    return value
  }

  private mutating func perform(_ operation: PickleOperation) throws {
    switch operation {
    case .proto, .stop: throw damaged("it begins or ends twice")
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .int8: stack.append(.integer(Int(try bytes.number(UInt8.self))))
    case .int16: stack.append(.integer(Int(try bytes.number(UInt16.self))))
    case .int32: stack.append(.integer(Int(try bytes.number(Int32.self))))
    case .long: stack.append(.integer(try long()))
    case .real:
      _ = try bytes.skip(8)
      stack.append(.real)
    case .text: stack.append(.text(try bytes.text(try bytes.size(UInt32.self))))
    case .symbol: stack.append(.symbol(try symbol()))
    case .emptyTuple: tuple([])
    case .tuple1, .tuple2, .tuple3:
      var elements: [PickleValue] = []
      for _ in PickleOperation.tuple1.rawValue...operation.rawValue { elements.append(try pop()) }
      tuple(elements.reversed())
    case .tuple: tuple(try popToMark())
    case .emptyList:
      stack.append(.list(pickle.lists.count))
      pickle.lists.append([])
    case .emptyDictionary: stack.append(newDictionary())
    case .append: try append([try pop()])
    case .appends: try append(try popToMark())
    case .setItem:
      let value = try pop()
      try set([try pop(), value])
    case .setItems: try set(try popToMark())
    case .put8: memo[Int(try bytes.number(UInt8.self))] = try top()
    case .put32: memo[Int(try bytes.number(UInt32.self))] = try top()
    case .get8: try recall(Int(try bytes.number(UInt8.self)))
    case .get32: try recall(Int(try bytes.number(UInt32.self)))
    case .persistent: stack.append(try storage(try pop()))
    case .reduce:
      let arguments = try pop()
      stack.append(try reduce(try pop(), arguments))
    case .build:
      let state = try pop()
      try build(try top(), state)
    }
  }

  // MARK: The stack

  func damaged(_ what: String) -> WeightsError { fault("has a damaged pickle: \(what) (byte \(bytes.position))") }

  private func top() throws -> PickleValue {
    // A mark hides what is below it.
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw damaged("a value is missing") }
    return value
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw damaged("a mark is missing") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func recall(_ number: Int) throws {
    guard let value = memo[number] else { throw damaged("it recalls \(number), which it did not keep") }
    stack.append(value)
  }

  // MARK: Values

  private mutating func long() throws -> Int {
    let count = Int(try bytes.number(UInt8.self))
    guard count <= 8 else { throw fault("has an integer of \(count) bytes in its pickle; the limit is 8") }
    let range = try bytes.skip(count)
    var bits = UInt64.zero
    for (i, place) in range.enumerated() { bits |= UInt64(bytes.file.bytes[place]) << (8 * UInt64(i)) }
    let unused = 64 - 8 * Int64(count)
    return count == 0 ? 0 : Int(Int64(bitPattern: bits << unused) >> unused)  // two's complement of any length
  }

  private mutating func symbol() throws -> PickleSymbol {
    let module = try bytes.line(), name = try bytes.line()
    guard let symbol = PickleSymbol(module: module, name: name) else { throw refusal(ofSymbol: "\(module) \(name)") }
    return symbol
  }

  private mutating func tuple(_ elements: [PickleValue]) {
    stack.append(.tuple(pickle.tuples.count))
    pickle.tuples.append(elements)
  }

  mutating func newDictionary() -> PickleValue {
    pickle.dictionaries.append([:])
    return .dictionary(pickle.dictionaries.count - 1)
  }

  private mutating func append(_ values: [PickleValue]) throws {
    guard case .list(let index) = try top() else { throw damaged("it appends to \(try top().kind)") }
    pickle.lists[index] += values
  }

  private mutating func set(_ items: [PickleValue]) throws {
    guard case .dictionary(let index) = try top() else { throw damaged("it sets an item of \(try top().kind)") }
    guard items.count.isMultiple(of: 2) else { throw damaged("a key is without a value") }
    for i in stride(from: 0, to: items.count, by: 2) {
      guard case .text(let key) = items[i] else {
        throw fault("has a dictionary with \(items[i].kind) for a key; a file of tensors has names. \(Self.remedy)")
      }
      guard pickle.dictionaries[index].updateValue(items[i + 1], forKey: key) == nil else {
        throw fault("names `\(key)` twice")
      }
    }
  }

  // MARK: Refusals

  static let remedy = "Convert the model to safetensors where you trust it"

  private func refusal(ofSymbol symbol: String) -> WeightsError {
    fault("asks for `\(symbol)`; only plain tensors are read, and nothing a file asks for is run. \(Self.remedy)")
  }

  private mutating func refusal(of code: UInt8) throws -> WeightsError {
    switch code {
    case 0x93:  // a symbol by the two texts before it
      if case .text(let name) = try pop(), case .text(let module) = try pop() { return refusal(ofSymbol: "\(module) \(name)") }
      return refusal(ofSymbol: "STACK_GLOBAL")
    case UInt8(ascii: "i"):  // a symbol, and its call
      return refusal(ofSymbol: "\(try bytes.line()) \(try bytes.line())")
    default:
      let digits = String(code, radix: 16)
      return fault(
        "has the pickle operation 0x\(code < 16 ? "0" : "")\(digits) at byte \(bytes.position - 1), which no file of plain "
          + "tensors needs. \(Self.remedy)")
    }
  }
}
