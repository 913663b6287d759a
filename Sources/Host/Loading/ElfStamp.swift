import PluginAPI

/// What a plugin says about itself before any of its code runs: the `calm_stamp` section of its file.
struct ElfStamp: Hashable, Sendable {
  var apiMajor: UInt32
  var apiMinor: UInt32
  var language: UInt32
  var compiler: String

  /// The host's own: what plugins are compared with.
  static let host: ElfStamp = {
    let stamp = calm_this_stamp().pointee
    return ElfStamp(
      apiMajor: stamp.api_major, apiMinor: stamp.api_minor, language: stamp.language,
      compiler: withUnsafeBytes(of: stamp.compiler) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }()

  /// The stamp of the file at `path`.
  static func read(path: String) throws(Diagnostic) -> ElfStamp {
    let file = try PluginFile(path: path)
    return try file.withElf { elf throws(Diagnostic) in try required(in: elf) }
  }

  /// The stamp of an open file, which must have one.
  static func required(in file: ElfFile) throws(Diagnostic) -> ElfStamp {
    guard let stamp = try find(in: file) else {
      let why = file.sections.isEmpty ? "it has no section table, so no `calm_stamp`" : "it has no section `calm_stamp`"
      throw file.fault(
        "P305", "carries no stamp: \(why)",
        hint: "export an entry point with `exportPlugin(calm_this_stamp())`, and keep the section table")
    }
    return stamp
  }

  /// The stamp of an open file; nil for a library that is no plugin.
  static func find(in file: ElfFile) throws(Diagnostic) -> ElfStamp? {
    guard let section = try section(in: file) else { return nil }
    guard section.count >= size else {
      throw damaged(file, "it has \(section.count) bytes, a stamp has \(size)")
    }
    // Each object file that includes the header bakes one in, so a library may carry several: they have to agree.
    var found: ElfStamp?
    var offset = 0
    while offset + size <= section.count {
      let (stamp, length) = try parse(section.dropFirst(offset), file)
      if let first = found, first != stamp {
        throw damaged(file, "it holds two that disagree, \(first.shown) and \(stamp.shown)")
      }
      found = stamp
      offset += length
    }
    return found
  }

  private static let size = MemoryLayout<calm_stamp>.size
  private static let sectionName = Array("calm_stamp".utf8)
  private static let withoutContent: UInt32 = 8

  private static func section(in file: ElfFile) throws(Diagnostic) -> UnsafeRawBufferPointer? {
    guard let namesIndex = file.integer(UInt16.self, at: 62), Int(namesIndex) < file.sections.count else { return nil }
    let names = file.sections[Int(namesIndex)].offset
    for section in file.sections {
      let (place, overflow) = names.addingReportingOverflow(UInt64(section.name))
      guard !overflow, let name = file.slice(place, UInt64(sectionName.count + 1)), name.last == 0,
        name.dropLast().elementsEqual(sectionName)
      else { continue }
      guard section.type != withoutContent, let content = file.slice(section.offset, section.size) else {
        throw damaged(file, "it does not lie within the file")
      }
      return content
    }
    return nil
  }

  private static func parse(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ file: ElfFile
  ) throws(Diagnostic) -> (stamp: ElfStamp, length: Int) {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    func word(_ index: Int) -> UInt32 { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)) }
    guard word(0) == CALM_MAGIC else { throw damaged(file, "it does not begin with `CALM`") }
    guard word(1) >= size, word(1) <= bytes.count else { throw damaged(file, "it says that it has \(word(1)) bytes") }
    let text = bytes[24..<size].prefix { $0 != 0 }
    guard !text.isEmpty, text.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw damaged(file, "it names no compiler")
    }
    let stamp = ElfStamp(
      apiMajor: word(2), apiMinor: word(3), language: word(4), compiler: String(decoding: text, as: UTF8.self))
    return (stamp, Int(word(1)))
  }

  private static func damaged(_ file: ElfFile, _ how: String) -> Diagnostic {
    file.fault("P305", "carries a damaged stamp: \(how)", hint: "build it again")
  }

  private var shown: String { "API \(apiMajor).\(apiMinor) by `\(compiler)`" }
}
