/// The names that a shared object exports.
extension ElfFile {
  /// Functions of `.dynsym` that this file defines and whose names begin with `prefix`.
  func exportedFunctions(prefix: String) -> [String] {
    let prefix = Array(prefix.utf8)
    guard let table = sections.first(where: { $0.type == Self.dynamicSymbols }), Int(table.link) < sections.count,
      let symbols = slice(table.offset, table.size)
    else { return [] }
    let names = sections[Int(table.link)]
    var found: [String] = []
    for entry in stride(from: 0, to: symbols.count - symbols.count % Self.symbolSize, by: Self.symbolSize) {
      let name = UInt32(littleEndian: symbols.loadUnaligned(fromByteOffset: entry, as: UInt32.self))
      let info = symbols[entry + 4]
      let section = UInt16(littleEndian: symbols.loadUnaligned(fromByteOffset: entry + 6, as: UInt16.self))
      guard section != 0, info & 15 == Self.function else { continue }
      let (place, overflow) = names.offset.addingReportingOverflow(UInt64(name))
      guard !overflow, let start = slice(place, UInt64(prefix.count)), start.elementsEqual(prefix),
        let text = text(at: place)
      else { continue }
      found.append(String(decoding: text, as: UTF8.self))
    }
    return found
  }

  private static let dynamicSymbols: UInt32 = 11
  private static let symbolSize = 24
  private static let function: UInt8 = 2
}
