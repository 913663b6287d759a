/// The bytes of a GGUF file, whatever they say.
struct GGUFBuilder {
  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  var metadata: [[UInt8]] = []
  var tensors: [[UInt8]] = []
  /// Where they are not the true ones.
  var metadataCount: UInt64?
  var tensorCount: UInt64?
  var alignment = 32
  var data: [UInt8] = []

  var bytes: [UInt8] {
    var bytes = magic + number(version) + number(tensorCount ?? UInt64(tensors.count))
    bytes += number(metadataCount ?? UInt64(metadata.count)) + metadata.joined() + tensors.joined()
    while bytes.count % alignment != 0 { bytes.append(0) }
    return bytes + data
  }

  /// An entry of the metadata: the value's bytes follow its type's number.
  mutating func set(_ key: String, _ type: UInt32, _ value: [UInt8]) {
    metadata.append(string(key) + number(type) + value)
  }

  mutating func set(_ key: String, arrayOf type: UInt32, count: UInt64, _ values: [UInt8]) {
    set(key, 9, number(type) + number(count) + values)
  }

  /// A tensor; `dimensions` innermost first, as the file has them.
  mutating func add(_ name: String, _ dimensions: [UInt64], type: UInt32, offset: UInt64) {
    tensors.append(
      string(name) + number(UInt32(dimensions.count)) + dimensions.flatMap(number) + number(type) + number(offset))
  }
}

func number<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) -> [UInt8] { littleEndian([value.littleEndian]) }

/// A string of a GGUF file.
func string(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }
