import FoundationEssentials
import PluginAPI
import TestSupport

/// A folder of weight files that goes away with the test.
final class WeightsLab: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "calm-weights-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ bytes: [UInt8], to name: String = "model.safetensors") throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  func write(_ header: String, data: [UInt8] = [], to name: String = "model.safetensors") throws -> String {
    try write(Self.file(header, data: data), to: name)
  }

  func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

  /// A safetensors file of this header, whatever it says.
  static func file(_ header: String, data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }
}

/// What a faulty file is answered with.
func refusal(_ work: () throws -> Void) -> String {
  do {
    try work()
    return "accepted"
  } catch let error as WeightsError {
    return error.message
  } catch {
    return "no WeightsError: \(error)"
  }
}

/// The little-endian bytes of some numbers.
func littleEndian<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

func number<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) -> [UInt8] { GGUFBuilder.number(value) }

func string(_ text: String) -> [UInt8] { GGUFBuilder.string(text) }
