import PluginAPI

/// Memory that a plugin in C reads: texts, arrays and structs, which go together.
final class CArena {
  private var blocks: [UnsafeMutableRawPointer] = []

  /// A copy of `values`, which are trivial.
  func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    memory.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(memory))
    return memory
  }

  /// Pointers to copies of structs: how the C ABI passes what it has several of.
  func pointers<T>(_ values: [T]) -> UnsafeMutablePointer<UnsafePointer<T>?> {
    let first = array(values)
    return array(values.indices.map { UnsafePointer(first + $0) as UnsafePointer<T>? })
  }

  func text(_ text: String) -> calm_text {
    let bytes = text.utf8.map { CChar(bitPattern: $0) }
    return calm_text(data: UnsafePointer(array(bytes + [0])), length: bytes.count)
  }

  /// A zero-terminated text; what stands behind a U+0000 in it is lost.
  func string(_ string: String) -> UnsafePointer<CChar>? { text(string).data }

  deinit { for block in blocks { block.deallocate() } }
}

/// A struct of the C ABI as this host knows it, read from one that may be older and shorter, or newer and longer: fields that it
/// does not reach are zero.
///
/// - Parameters:
///   - least: how many bytes it must have.
///   - name: how messages call it.
func readStruct<T>(_ pointer: UnsafePointer<T>, as zero: T, least: Int, _ name: String) throws(PluginError) -> T {
  let size = UnsafeRawPointer(pointer).load(as: Int.self)
  guard size >= least, size <= 1 << 16 else {
    throw PluginError(
      "`\(name)` says that it has \(size) bytes; it has at least \(least)",
      hint: "set its `size` to `sizeof(\(name))`")
  }
  var value = zero
  withUnsafeMutableBytes(of: &value) { bytes in
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, bytes.count)))
  }
  return value
}

/// A zero-terminated text; nil where there is none or it is no UTF-8.
func cString(_ text: UnsafePointer<CChar>?) -> String? { text.flatMap { String(validatingCString: $0) } }

extension calm_text {
  /// Nil where there is none or it is no UTF-8.
  var string: String? {
    guard let data else { return nil }
    return data.withMemoryRebound(to: UInt8.self, capacity: length) {
      String(validating: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
    }
  }
}
