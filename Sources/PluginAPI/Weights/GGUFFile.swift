/// A GGUF file (ggml's format of language models, versions 2 and 3, little-endian), mapped and checked in full before anything is
/// read from it.
///
/// The checks are those of the format's reference and more: names are distinct, every size is within the file, tensors begin at
/// multiples of the alignment, follow each other without holes and end before the file does. Nothing is allocated by a size that
/// the file declares.
public final class GGUFFile: TensorFile {
  /// The file.
  public let file: MappedFile
  /// The entries of the header, such as `general.architecture`.
  public let metadata: [String: GGUFValue]
  /// The tensors by name, their dimensions outermost first as in other files: the reverse of the order that GGUF writes.
  public let entries: [String: TensorEntry]
  /// Multiples of this are where tensors begin (`general.alignment`).
  public let alignment: Int

  /// Opens and checks `path`. Throws ``WeightsError`` that names the entry or tensor at fault.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    guard var reader = ByteReader(file, 0..<file.bytes.count, part: "the header") else {
      throw WeightsError(path, "cannot be read")
    }
    let counts = try Self.counts(&reader)
    let metadata = try GGUFHeader.metadata(&reader, count: counts.metadata)
    let alignment = try Self.alignment(metadata, path)
    let tensors = try GGUFHeader.tensors(&reader, count: counts.tensors)
    self.file = file
    self.metadata = metadata
    self.alignment = alignment
    entries = try GGUFHeader.place(tensors, after: reader.position, alignment: alignment, file)
  }

  /// Magic and version, then how many tensors and entries there are.
  private static func counts(_ reader: inout ByteReader) throws -> (tensors: Int, metadata: Int) {
    let magic = try reader.number(UInt32.self)
    guard magic != littleEndianMagic.byteSwapped else {
      throw reader.fault("is a big-endian GGUF file; convert it to little-endian")
    }
    guard magic == littleEndianMagic else { throw reader.fault("is no GGUF file: it does not begin with \"GGUF\"") }
    let version = try reader.number(UInt32.self)
    guard version & 0xffff != 0 || version == 0 else {
      throw reader.fault("is a big-endian GGUF file; convert it to little-endian")
    }
    guard version == 2 || version == 3 else {
      throw reader.fault("is GGUF version \(version); versions 2 and 3 are read. Convert the model again with a current tool")
    }
    let tensors = try reader.size(UInt64.self), metadata = try reader.size(UInt64.self)
    // A tensor has a name's length, a rank, a type and an offset; an entry a key's length, a type and a value.
    guard tensors <= reader.count / 24, metadata <= reader.count / 13 else {
      throw reader.fault(
        "declares \(tensors) tensors and \(metadata) entries of metadata, but has only \(reader.count) bytes more: truncated?")
    }
    return (tensors, metadata)
  }

  private static func alignment(_ metadata: [String: GGUFValue], _ path: String) throws -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard let alignment = value.integer, alignment > 0, alignment <= 1 << 30, alignment & (alignment - 1) == 0 else {
      throw WeightsError(path, "has a `general.alignment` that is no power of two")
    }
    return alignment
  }

  private static let littleEndianMagic: UInt32 = 0x4655_4747  // "GGUF"
}
