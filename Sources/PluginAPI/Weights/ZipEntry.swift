/// One record of a zip directory, and the entry it stands for.
struct ZipEntry {
  let name: String
  private var size: Int
  private var packedSize: Int
  private var start: Int

  /// Reads the next record.
  init(_ reader: inout ByteReader) throws {
    guard try reader.number(UInt32.self) == 0x0201_4b50 else { throw reader.fault("has a damaged zip directory") }
    _ = try reader.skip(4)  // versions
    let flags = try reader.number(UInt16.self), method = try reader.number(UInt16.self)
    _ = try reader.skip(8)  // time, checksum
    packedSize = try reader.size(UInt32.self)
    size = try reader.size(UInt32.self)
    let nameSize = try reader.size(UInt16.self), extraSize = try reader.size(UInt16.self)
    let commentSize = try reader.size(UInt16.self)
    _ = try reader.skip(8)  // disk, attributes
    start = try reader.size(UInt32.self)
    name = try reader.text(nameSize)
    guard Self.isPlain(name) else {
      throw reader.fault("has the zip entry `\(name)`, a name that leads elsewhere")
    }
    let extra = try reader.skip(extraSize)
    _ = try reader.skip(commentSize)
    try widen(from: extra, of: reader.file)
    guard flags & 1 == 0 else { throw reader.fault("has the encrypted zip entry `\(name)`") }
    guard method == 0, packedSize == size else {
      throw reader.fault("has the compressed zip entry `\(name)` (method \(method)); PyTorch stores entries as they are")
    }
  }

  /// Whether the name stays below where it begins. No path is ever made of it; a file that tries is not PyTorch's. Bytes are
  /// compared, since an accent after a slash would make another character of it.
  private static func isPlain(_ name: String) -> Bool {
    let slash = UInt8(ascii: "/"), dot = UInt8(ascii: ".")
    let steps = name.utf8.split(separator: slash, omittingEmptySubsequences: false)
    return !name.isEmpty && name.utf8.first != slash && !name.utf8.contains(UInt8(ascii: "\\"))
      && !steps.contains { $0.elementsEqual([dot]) || $0.elementsEqual([dot, dot]) }
  }

  /// Numbers that do not fit into 32 bits are in an extra field, in this order.
  private mutating func widen(from extra: Range<Int>, of file: MappedFile) throws {
    guard var fields = ByteReader(file, extra, part: "the zip entry `\(name)`") else { return }
    while fields.count > 0 {
      let kind = try fields.number(UInt16.self)
      let content = try fields.skip(try fields.size(UInt16.self))
      guard kind == 1, var wide = ByteReader(file, content, part: "the zip entry `\(name)`") else { continue }
      let absent = Int(UInt32.max)
      if size == absent { size = try wide.size(UInt64.self) }
      if packedSize == absent { packedSize = try wide.size(UInt64.self) }
      if start == absent { start = try wide.size(UInt64.self) }
      return
    }
  }

  /// The entry's bytes, which lie before `end`. The record before them must agree with the directory's.
  func data(_ file: MappedFile, before end: Int) throws -> Range<Int> {
    func fault(_ what: String) -> WeightsError { WeightsError(file.path, "has the zip entry `\(name)` \(what)") }
    guard start <= end, var local = ByteReader(file, start..<end, part: "the zip entry `\(name)`") else {
      throw fault("beyond its data: truncated?")
    }
    guard try local.number(UInt32.self) == 0x0403_4b50 else { throw fault("where no entry begins") }
    _ = try local.skip(22)  // what the directory says again, or zero
    let nameSize = try local.size(UInt16.self), extraSize = try local.size(UInt16.self)
    guard try local.text(nameSize) == name else { throw fault("under two names") }
    _ = try local.skip(extraSize)
    return try local.skip(size)
  }
}
