import PluginAPI

/// The bytes of a 64-bit little-endian ELF file. Files lie, so every offset in it is checked before it is followed, with
/// arithmetic that cannot overflow: what does not lie within the file is nil.
struct ElfFile {
  /// One entry of the section table.
  struct Section {
    var name: UInt32
    var type: UInt32
    var offset: UInt64
    var size: UInt64
    var link: UInt32
  }

  let path: String
  let bytes: UnsafeRawBufferPointer
  private(set) var sections: [Section] = []

  /// Checks that the bytes are a whole shared object for this machine. They must outlive the value.
  ///
  /// A truncated file has to be found here: inside dlopen it would end the process with a bus error.
  init(path: String, bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
    self.path = path
    self.bytes = bytes
    try checkIdentity()
    try checkArchitecture()
    try checkHeader()
    try checkSegments()
    sections = try readSections()
  }

  func integer<T: FixedWidthInteger>(_ type: T.Type, at offset: UInt64) -> T? {
    guard let place = slice(offset, UInt64(MemoryLayout<T>.size)) else { return nil }
    return T(littleEndian: place.loadUnaligned(as: T.self))
  }

  func slice(_ offset: UInt64, _ count: UInt64) -> UnsafeRawBufferPointer? {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, end <= UInt64(bytes.count) else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(end)])
  }

  /// The zero-terminated text at `offset`, without copying it.
  func text(at offset: UInt64) -> UnsafeRawBufferPointer.SubSequence? {
    guard offset < UInt64(bytes.count), let end = bytes[Int(offset)...].firstIndex(of: 0) else { return nil }
    return bytes[Int(offset)..<end]
  }

  private func checkIdentity() throws(Diagnostic) {
    guard !bytes.isEmpty else { throw fault("P302", "is empty, not a shared object") }
    guard bytes.count >= 4, integer(UInt32.self, at: 0) == 0x464C_457F else {
      throw fault("P302", "is not an ELF shared object")
    }
    guard bytes.count >= 64 else {
      throw fault("P304", "is truncated: it has \(bytes.count) bytes, an ELF header has 64", hint: copyAgain)
    }
  }

  private func checkArchitecture() throws(Diagnostic) {
    let wide = bytes[4] == 2, little = bytes[5] == 1
    let raw = integer(UInt16.self, at: 18) ?? 0
    let machine = little ? raw : raw.byteSwapped
    guard wide, little, machine == ElfMachine.host else {
      let found = ElfMachine.name(machine) + (wide ? "" : ", 32-bit") + (little ? "" : ", big-endian")
      throw fault("P303", "was built for \(found); this host is \(ElfMachine.name(ElfMachine.host))")
    }
  }

  private func checkHeader() throws(Diagnostic) {
    guard integer(UInt16.self, at: 16) == 3 else {
      throw fault("P302", "is an ELF file but not a shared object (\(kind))", hint: "link it with `-shared`")
    }
    let segmentSize = integer(UInt16.self, at: 54), sectionSize = integer(UInt16.self, at: 58)
    guard segmentSize == 56, sectionSize == 64 || sectionSize == 0 else {
      throw fault("P302", "is not an ELF shared object: its header is damaged", hint: copyAgain)
    }
  }

  private func checkSegments() throws(Diagnostic) {
    let start = integer(UInt64.self, at: 32) ?? 0, count = UInt64(integer(UInt16.self, at: 56) ?? 0)
    guard slice(start, 56 * count) != nil else {
      throw fault("P304", "is truncated: its segment table ends past the end of the file", hint: copyAgain)
    }
    for entry in (0..<count).map({ start + 56 * $0 }) {
      guard let type = integer(UInt32.self, at: entry), let place = integer(UInt64.self, at: entry + 8),
        let size = integer(UInt64.self, at: entry + 32)
      else { continue }
      // Programs are position-independent too: only the interpreter that they name tells them from libraries.
      if type == 3 { throw fault("P302", "is a program, not a shared object", hint: "link it with `-shared`") }
      if type == 1, slice(place, size) == nil {
        let (end, overflow) = place.addingReportingOverflow(size)
        let shown = overflow ? "past 2^64" : "at byte \(end)"
        throw fault(
          "P304", "is truncated: a load segment ends \(shown), the file has \(bytes.count) bytes", hint: copyAgain)
      }
    }
  }

  private func readSections() throws(Diagnostic) -> [Section] {
    let start = integer(UInt64.self, at: 40) ?? 0, count = UInt64(integer(UInt16.self, at: 60) ?? 0)
    guard start > 0, count > 0 else { return [] }
    guard slice(start, 64 * count) != nil else {
      throw fault("P304", "is truncated: its section table ends past the end of the file", hint: copyAgain)
    }
    return (0..<count).compactMap { index in
      let entry = start + 64 * index
      guard let name = integer(UInt32.self, at: entry), let type = integer(UInt32.self, at: entry + 4),
        let offset = integer(UInt64.self, at: entry + 24), let size = integer(UInt64.self, at: entry + 32),
        let link = integer(UInt32.self, at: entry + 40)
      else { return nil }
      return Section(name: name, type: type, offset: offset, size: size, link: link)
    }
  }

  private var kind: String {
    switch integer(UInt16.self, at: 16) {
    case 1: "an object file"
    case 2: "a program"
    case 4: "a core dump"
    case let other: "type \(other ?? 0)"
    }
  }

  private let copyAgain = "copy or build the file again"

  func fault(_ code: String, _ what: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(code, "plugin `\(path)` \(what)", hint: hint)
  }
}
