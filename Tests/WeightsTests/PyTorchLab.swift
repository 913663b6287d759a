/// Pickles of tensors, byte by byte, and the two kinds of file around them, whatever they say.
enum Pickled {
  /// A whole pickle of protocol 2.
  static func whole(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [0x2e] }

  static let none: [UInt8] = [0x4e], yes: [UInt8] = [0x88], no: [UInt8] = [0x89], mark: [UInt8] = [0x28]
  static let emptyTuple: [UInt8] = [0x29], emptyDictionary: [UInt8] = [0x7d], emptyList: [UInt8] = [0x5d]
  static let reduce: [UInt8] = [0x52], build: [UInt8] = [0x62], setItem: [UInt8] = [0x73], setItems: [UInt8] = [0x75]

  static func text(_ text: String) -> [UInt8] { [0x58] + littleEndian([UInt32(text.utf8.count)]) + Array(text.utf8) }

  static func symbol(_ symbol: String) -> [UInt8] {
    [0x63] + symbol.split(separator: " ").flatMap { Array($0.utf8) + [0x0a] }
  }

  /// The shortest of the operations that hold `number`, as Python writes it.
  static func integer(_ number: Int) -> [UInt8] {
    if let byte = UInt8(exactly: number) { return [0x4b, byte] }
    if let short = UInt16(exactly: number) { return [0x4d] + littleEndian([short]) }
    if let word = Int32(exactly: number) { return [0x4a] + littleEndian([word]) }
    return [0x8a, 8] + littleEndian([number])
  }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] {
    switch items.count {
    case 0: emptyTuple
    case 1...3: items.flatMap { $0 } + [0x84 + UInt8(items.count)]
    default: mark + items.flatMap { $0 } + [0x74]
    }
  }

  static func put(_ number: UInt32) -> [UInt8] { [0x72] + littleEndian([number]) }
  static func get(_ number: UInt32) -> [UInt8] { [0x6a] + littleEndian([number]) }

  static func call(_ name: String, _ arguments: [[UInt8]]) -> [UInt8] { symbol(name) + tuple(arguments) + reduce }

  static let ordered = call("collections OrderedDict", [])

  static func storage(_ key: String, _ type: String, _ count: Int, view: [[UInt8]] = []) -> [UInt8] {
    tuple([text("storage"), symbol("torch \(type)Storage"), text(key), text("cpu"), integer(count)] + view) + [0x51]
  }

  static func tensor(
    _ storage: [UInt8], offset: Int = 0, _ shape: [Int], stride: [Int]? = nil, more: [[UInt8]] = []
  ) -> [UInt8] {
    let contiguous = shape.indices.map { shape[($0 + 1)...].reduce(1) { $0 &* $1 } }
    return call(
      "torch._utils _rebuild_tensor_v2",
      [
        storage, integer(offset), tuple(shape.map(integer)), tuple((stride ?? contiguous).map(integer)), no, ordered,
      ] + more)
  }

  /// A dictionary of tensors as a model's `state_dict` is, with versions of layers for an attribute.
  static func state(_ items: [(String, [UInt8])]) -> [UInt8] {
    let metadata = text("_metadata") + ordered + text("") + (emptyDictionary + text("version") + integer(1) + setItem) + setItem
    return whole(
      ordered + mark + items.flatMap { text($0.0) + $0.1 } + setItems + (emptyDictionary + metadata + setItem) + build)
  }
}

/// The two formats of `torch.save`.
enum PyTorchFormat: CaseIterable {
  case zip, legacy

  typealias Storage = (key: String, size: Int, bytes: [UInt8])

  /// A file of this pickle; a storage's size is that of an element.
  func file(_ pickle: [UInt8], _ storages: [Storage]) -> [UInt8] {
    switch self {
    case .zip:
      Zip.file(
        [.init("model/data.pkl", pickle), .init("model/byteorder", Array("little".utf8))]
          + storages.map { .init("model/data/\($0.key)", $0.bytes) } + [.init("model/version", Array("3\n".utf8))])
    case .legacy:
      Self.legacy(pickle, storages.map { ($0.key, $0.bytes.count / $0.size, $0.bytes) })
    }
  }

  static let magic: [UInt8] = Pickled.whole([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19])

  static func legacy(
    _ pickle: [UInt8], _ storages: [(key: String, count: Int, bytes: [UInt8])], little: [UInt8] = Pickled.yes,
    version: Int = 1001
  ) -> [UInt8] {
    let system = Pickled.emptyDictionary + Pickled.mark + Pickled.text("little_endian") + little + Pickled.setItems
    let keys = Pickled.emptyList + Pickled.mark + storages.flatMap { Pickled.text($0.key) } + [0x65]
    return magic + Pickled.whole(Pickled.integer(version)) + Pickled.whole(system) + pickle + Pickled.whole(keys)
      + storages.flatMap { littleEndian([Int64($0.count)]) + $0.bytes }
  }

  /// A file of many kinds of tensors.
  func sample() -> [UInt8] {
    let half = Pickled.storage("0", "Half", 6), whole = Pickled.storage("1", "Float", 4)
    return file(
      Pickled.state([
        ("weight", Pickled.tensor(half, [2, 3])), ("row", Pickled.tensor(half, offset: 3, [3])),
        (
          "parameter",
          Pickled.call("torch._utils _rebuild_parameter", [Pickled.tensor(whole, [2, 2]), Pickled.yes, Pickled.ordered])
        ),
        ("ids", Pickled.tensor(Pickled.storage("2", "Long", 2), [1, 2])),
        ("scalar", Pickled.tensor(whole, offset: 3, [])), ("nothing", Pickled.tensor(whole, offset: 4, [0, 3])),
      ]),
      [
        ("0", 2, littleEndian([Float16(1), 2, 3, 4, 5, 6])), ("1", 4, littleEndian([Float(0.5), -1, 8, 9])),
        ("2", 8, littleEndian([Int64(-7), 7])),
      ])
  }
}

/// Zip files.
enum Zip {
  struct Entry {
    var name: String, bytes: [UInt8]
    var localName: String?
    var method: UInt16 = 0, flags: UInt16 = 0
    /// What the directory says, where that is not the truth.
    var size: UInt32?, packed: UInt32?, start: UInt32?

    init(_ name: String, _ bytes: [UInt8] = [], _ change: (inout Entry) -> Void = { _ in }) {
      (self.name, self.bytes) = (name, bytes)
      change(&self)
    }
  }

  /// `wide` puts every number where files of more than 4 GB have it.
  static func file(_ entries: [Entry], wide: Bool = false, count: Int? = nil) -> [UInt8] {
    var data: [UInt8] = [], directory: [UInt8] = []
    for entry in entries {
      let size = entry.size ?? UInt32(entry.bytes.count), start = entry.start ?? UInt32(data.count)
      let packed = entry.packed ?? size
      let common = littleEndian([20, entry.flags, entry.method, 0, 0]) + littleEndian([UInt32(0)])
      let local = Array((entry.localName ?? entry.name).utf8), name = Array(entry.name.utf8)
      // The sizes follow the data in a file written in one go.
      data += littleEndian([UInt32(0x0403_4b50)]) + common + littleEndian([UInt32(0), 0])
      data += littleEndian([UInt16(local.count), 3]) + local + [1, 2, 3] + entry.bytes
      let extra =
        wide
        ? littleEndian([UInt16(9), 1]) + [7] + littleEndian([UInt16(1), 24])
          + littleEndian([size, packed, start].map(UInt64.init)) : []
      directory += littleEndian([UInt32(0x0201_4b50)]) + littleEndian([UInt16(20)]) + common
      directory += littleEndian(wide ? [UInt32.max, .max] : [packed, size])
      directory += littleEndian([UInt16(name.count), UInt16(extra.count), 0, 0, 0, 0, 0])
      directory += littleEndian([wide ? .max : start]) + name + extra
    }
    let count = count ?? entries.count
    var end: [UInt8] = []
    if wide {
      end += littleEndian([UInt32(0x0606_4b50)]) + littleEndian([UInt64(44)]) + littleEndian([UInt16(45), 45])
      end += littleEndian([UInt32(0), 0]) + littleEndian([count, count, directory.count, data.count])
      end += littleEndian([UInt32(0x0706_4b50), 0]) + littleEndian([data.count + directory.count]) + littleEndian([UInt32(1)])
    }
    end += littleEndian([UInt32(0x0605_4b50)])
    end += littleEndian(
      wide ? [0, 0, UInt16.max, .max] : [0, 0, UInt16(truncatingIfNeeded: count), UInt16(truncatingIfNeeded: count)])
    end += littleEndian(wide ? [UInt32.max, .max] : [UInt32(directory.count), UInt32(data.count)]) + [0, 0]
    return data + directory + end
  }
}
