/// The lists of a GGUF file's header.
enum GGUFHeader {
  /// The names of ggml's tensor types by their numbers; those that ``StorageType`` has are read.
  private static let typeNames: [UInt32: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K",
    13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0",
    35: "TQ2_0", 39: "MXFP4",
  ]

  /// The most dimensions that ggml's tensors have.
  private static let rankLimit = 4

  /// One tensor as the header describes it.
  struct Tensor {
    let name: String
    let type: StorageType
    let shape: [Int]
    let bytes: Int
    let offset: UInt64
  }

  static func metadata(_ reader: inout ByteReader, count: Int) throws -> [String: GGUFValue] {
    var metadata: [String: GGUFValue] = [:]
    for index in 0..<count {
      reader.part = "the name of metadata entry \(index)"
      let key = try reader.text(reader.size(UInt64.self))
      guard !key.isEmpty else { throw reader.fault("has metadata without a name (entry \(index)): truncated?") }
      reader.part = "the metadata `\(key)`"
      let value = try value(&reader, type: type(&reader))
      guard metadata.updateValue(value, forKey: key) == nil else { throw reader.fault("has the metadata `\(key)` twice") }
    }
    return metadata
  }

  private static func type(_ reader: inout ByteReader) throws -> GGUFType {
    let number = try reader.number(UInt32.self)
    guard let type = GGUFType(rawValue: number) else { throw reader.fault("has the unknown type \(number) in \(reader.part)") }
    return type
  }

  private static func value(_ reader: inout ByteReader, type: GGUFType) throws -> GGUFValue {
    switch type {
    case .uint8: return .unsigned(UInt64(try reader.number(UInt8.self)))
    case .uint16: return .unsigned(UInt64(try reader.number(UInt16.self)))
    case .uint32: return .unsigned(UInt64(try reader.number(UInt32.self)))
    case .uint64: return .unsigned(try reader.number(UInt64.self))
    case .int8: return .signed(Int64(try reader.number(Int8.self)))
    case .int16: return .signed(Int64(try reader.number(Int16.self)))
    case .int32: return .signed(Int64(try reader.number(Int32.self)))
    case .int64: return .signed(try reader.number(Int64.self))
    case .float32: return .float(Double(Float(bitPattern: try reader.number(UInt32.self))))
    case .float64: return .float(Double(bitPattern: try reader.number(UInt64.self)))
    case .bool:
      let byte = try reader.number(UInt8.self)
      guard byte <= 1 else { throw reader.fault("has the truth value \(byte) in \(reader.part)") }
      return .bool(byte == 1)
    case .string:
      return .string(Array(reader.file.bytes[try reader.skip(reader.size(UInt64.self))]))
    case .array: return .array(try array(&reader))
    }
  }

  /// Passes an array and leaves it where it is.
  private static func array(_ reader: inout ByteReader) throws -> GGUFArray {
    let type = try type(&reader)
    guard type != .array else { throw reader.fault("has arrays within an array in \(reader.part); they are not read") }
    let count = try reader.size(UInt64.self)
    guard count <= reader.count / (type.size ?? 8) else {
      throw reader.fault("declares \(count) values in \(reader.part), but has only \(reader.count) bytes more: truncated?")
    }
    let start = reader.position
    if let size = type.size {
      _ = try reader.skip(count * size)
    } else {
      for _ in 0..<count { _ = try reader.skip(reader.size(UInt64.self)) }
    }
    return GGUFArray(file: reader.file, type: type, range: start..<reader.position, count: count)
  }

  static func tensors(_ reader: inout ByteReader, count: Int) throws -> [Tensor] {
    var tensors: [Tensor] = []
    var names: Set<String> = []
    for index in 0..<count {
      reader.part = "the name of tensor \(index)"
      let name = try reader.text(reader.size(UInt64.self))
      reader.part = "the description of tensor `\(name)`"
      guard names.insert(name).inserted else { throw reader.fault("has the tensor `\(name)` twice") }
      tensors.append(try tensor(&reader, name))
    }
    return tensors
  }

  private static func tensor(_ reader: inout ByteReader, _ name: String) throws -> Tensor {
    let rank = try reader.number(UInt32.self)
    guard rank <= rankLimit else { throw reader.fault("tensor `\(name)` has \(rank) dimensions; the limit is \(rankLimit)") }
    var shape: [Int] = []
    for _ in 0..<rank { shape.insert(try reader.size(UInt64.self), at: 0) }
    let number = try reader.number(UInt32.self)
    guard let type = typeNames[number].flatMap(StorageType.init) else {
      let known = typeNames.sorted { $0.key < $1.key }.map(\.value).filter { StorageType(rawValue: $0) != nil }
      throw reader.fault(
        "tensor `\(name)` has the type \(typeNames[number] ?? "number \(number)"); these are read: "
          + "\(known.joined(separator: ", ")). Use the model in one of them")
    }
    guard let bytes = type.bytes(shape) else {
      throw reader.fault("tensor `\(name)` of type \(type.rawValue) has the impossible shape \(shape)")
    }
    return Tensor(name: name, type: type, shape: shape, bytes: bytes, offset: try reader.number(UInt64.self))
  }

  /// Where the tensors are: each at the first multiple of the alignment behind the one before it. What follows the last one is
  /// left alone, as the format's own reader does.
  static func place(
    _ tensors: [Tensor], after headerEnd: Int, alignment: Int, _ file: MappedFile
  ) throws -> [String: TensorEntry] {
    let start = padded(headerEnd, alignment)
    let size = max(0, file.bytes.count - start)
    var entries: [String: TensorEntry] = [:]
    var end = 0
    for tensor in tensors.sorted(by: { ($0.offset, $0.bytes) < ($1.offset, $1.bytes) }) {
      func fault(_ message: String) -> WeightsError { WeightsError(file.path, "tensor `\(tensor.name)` " + message) }
      guard tensor.offset % UInt64(alignment) == 0 else {
        throw fault("begins at \(tensor.offset), which is no multiple of the alignment \(alignment)")
      }
      guard let offset = Int(exactly: tensor.offset), offset <= size, tensor.bytes <= size - offset else {
        throw fault(
          "takes \(tensor.bytes) bytes from \(tensor.offset) on, outside the file's \(size) bytes of data: truncated?")
      }
      let expected = padded(end, alignment)
      guard offset == expected else {
        let what = offset < expected ? "overlaps the tensor before it" : "leaves a hole before it"
        throw fault("\(what) (begins at \(offset), expected \(expected))")
      }
      end = offset + tensor.bytes
      entries[tensor.name] = TensorEntry(
        type: tensor.type, shape: tensor.shape, range: start + offset..<start + offset + tensor.bytes)
    }
    return entries
  }

  /// The first multiple of the alignment that is not less. Sizes of files are far from overflowing.
  private static func padded(_ size: Int, _ alignment: Int) -> Int { (size + alignment - 1) & ~(alignment - 1) }
}
