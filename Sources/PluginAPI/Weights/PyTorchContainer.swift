/// The pickle of a PyTorch file and where in the file its storages are, in either of the formats `torch.save` has had.
struct PyTorchContainer {
  let pickle: Pickle
  /// The bytes of each of the pickle's storages: as many as its type and count say.
  let storages: [Range<Int>]

  init(_ file: MappedFile) throws {
    if file.bytes.starts(with: [0x50, 0x4b]) {
      try self.init(zip: file)
    } else if file.bytes.starts(with: Self.legacyMagic) {
      try self.init(legacy: file)
    } else {
      throw WeightsError(file.path, "is not a file that torch.save writes: truncated, or a pointer to the real file?")
    }
  }

  private init(pickle: Pickle, file: MappedFile, find: (Pickle.Storage) -> Range<Int>?) throws {
    self.pickle = pickle
    storages = try pickle.storages.map { storage in
      guard let range = find(storage) else {
        throw WeightsError(file.path, "lacks the storage `\(storage.key)`, which its pickle names")
      }
      guard storage.type.bytes([storage.count]) == range.count else {
        throw WeightsError(
          file.path, "has \(range.count) bytes for the storage `\(storage.key)` of \(storage.count) \(storage.type.rawValue)")
      }
      return range
    }
  }

  // MARK: Since PyTorch 1.6: a zip file of `name/data.pkl` and `name/data/KEY`

  private init(zip file: MappedFile) throws {
    let archive = try ZipArchive(file)
    let pickles = archive.entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.count { $0 == "/" } == 1 }
    guard pickles.count == 1, let name = pickles.first, let range = archive.entries[name] else {
      throw WeightsError(file.path, "is a zip file with \(pickles.count) entries `NAME/data.pkl`, not one. Is it PyTorch's?")
    }
    let folder = name.dropLast("data.pkl".utf8.count)
    if let order = archive.entries[folder + "byteorder"], !file.bytes[order].elementsEqual("little".utf8) {
      throw WeightsError(file.path, "is not little-endian. \(PickleReader.remedy)")
    }
    guard var reader = ByteReader(file, range, part: "its pickle") else {
      throw WeightsError(file.path, "has its pickle outside the file")
    }
    let pickle = try PickleReader.read(&reader)
    guard reader.count == 0 else { throw reader.fault("has \(reader.count) bytes after its pickle") }
    try self.init(pickle: pickle, file: file) { archive.entries[folder + "data/" + $0.key] }
  }

  // MARK: Before: five pickles, and the storages in the order of the last

  /// The pickle of the number that such a file begins with.
  private static let legacyMagic: [UInt8] = [
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
  ]

  private init(legacy file: MappedFile) throws {
    guard var reader = ByteReader(file, Self.legacyMagic.count..<file.bytes.count, part: "its pickles or storages") else {
      throw WeightsError(file.path, "is too short")
    }
    guard case .integer(1001) = try PickleReader.read(&reader).root else {
      throw reader.fault("is of an unknown version of PyTorch's old format. \(PickleReader.remedy)")
    }
    let system = try PickleReader.read(&reader)
    guard case .dictionary(let index) = system.root, case .bool(true)? = system.dictionaries[index]["little_endian"] else {
      throw reader.fault("is not little-endian. \(PickleReader.remedy)")
    }
    let pickle = try PickleReader.read(&reader)
    let keys = try PickleReader.read(&reader)
    guard case .list(let list) = keys.root else { throw reader.fault("has \(keys.root.kind) for the list of its storages") }
    let types = Dictionary(uniqueKeysWithValues: pickle.storages.map { ($0.key, $0.type) })
    var ranges: [String: Range<Int>] = [:]
    for value in keys.lists[list] {
      guard case .text(let key) = value, let type = types[key] else {
        throw reader.fault("has a storage that none of its tensors names, so of unknown size")
      }
      let count = try reader.size(Int64.self)
      guard let size = type.bytes([count]) else {
        throw reader.fault("has \(count) elements in the storage `\(key)`, which is impossible")
      }
      guard ranges.updateValue(try reader.skip(size), forKey: key) == nil else {
        throw reader.fault("has the storage `\(key)` twice")
      }
    }
    guard reader.count == 0 else { throw reader.fault("has \(reader.count) bytes after its last storage") }
    try self.init(pickle: pickle, file: file) { ranges[$0.key] }
  }
}
