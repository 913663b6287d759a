import PluginAPI
import Testing

@testable import Host

/// What is said of files that are no plugins. None of them is opened.
struct ElfStampTests {
  let lab: LoadingLab
  let plugin: [UInt8]

  init() throws {
    lab = try LoadingLab()
    plugin = try LoadingLab.bytes(lab.compileC(as: "libPlugin.so"))
  }

  @Test func `a plugin's stamp`() throws {
    let stamp = try ElfStamp.read(path: lab.path("libPlugin.so"))
    #expect(stamp == ElfStamp.host)
    #expect(stamp.apiMajor == CALM_API_MAJOR && stamp.compiler.hasPrefix("Clang"))
  }

  @Test func `what is not there or is no file`() throws {
    let missing = fault(lab.path("libNone.so"))
    #expect(missing?.code == "P301" && missing?.message == "there is no plugin file `\(lab.path("libNone.so"))`")
    let folder = fault(lab.folder)
    #expect(folder?.code == "P301" && folder?.message.contains("it is a directory") == true)
    #expect(fault("/dev/null")?.message == "cannot read the plugin file `/dev/null`: it is not a regular file")
    #expect(fault(lab.path("libPlugin.so") + "/x")?.code == "P301")
  }

  @Test(arguments: [
    ([], "is empty, not a shared object"), (Array("hello, world\n".utf8), "is not an ELF shared object"),
    ([0x7F], "is not an ELF shared object"), ([UInt8](repeating: 0, count: 4096), "is not an ELF shared object"),
  ])
  func `what is not ELF`(bytes: [UInt8], message: String) throws {
    try expect(bytes, "P302", message)
  }

  @Test(arguments: [
    (183, "aarch64"), (3, "i386"), (243, "riscv"), (22, "s390x"), (40, "arm"), (999, "ELF machine 999"),
  ])
  func `another processor is named, and this one`(machine: UInt16, name: String) throws {
    try expect(changed(18, machine), "P303", "was built for \(name); this host is x86-64")
  }

  @Test func `32 bits and the other byte order`() throws {
    var narrow = changed(18, UInt16(3))
    narrow[4] = 1
    try expect(narrow, "P303", "was built for i386, 32-bit; this host is x86-64")
    var big = changed(18, UInt16(22).byteSwapped)
    big[5] = 2
    try expect(big, "P303", "was built for s390x, big-endian; this host is x86-64")
  }

  @Test func `programs and object files`() throws {
    let source = try lab.write(Array("int main(void) { return 0; }".utf8), as: "main.c")
    for (flags, message) in [(["-pie", "-fPIE"], "is a program"), (["-no-pie"], "a program"), (["-c"], "an object file")] {
      let path = lab.path("libProgram.so")
      _ = try ChildProcess.run(["cc", source, "-o", path] + flags)
      let fault = fault(path)
      #expect(fault?.code == "P302" && fault?.message.contains(message) == true, "\(flags)")
    }
  }

  @Test func `a file that is cut short, at any length`() throws {
    let header = Array(plugin.prefix(63))
    try expect(header, "P304", "is truncated: it has 63 bytes, an ELF header has 64")
    try expect(Array(plugin.prefix(80)), "P304", "is truncated: its segment table ends past the end of the file")
    let segment = fault(try lab.write(Array(plugin.prefix(plugin.count / 2)), as: "libHalf.so"))
    #expect(segment?.message.contains("is truncated: a load segment ends at byte ") == true)
    #expect(segment?.message.hasSuffix("the file has \(plugin.count / 2) bytes") == true)
    try expect(Array(plugin.dropLast()), "P304", "is truncated: its section table ends past the end of the file")
    for length in stride(from: 4, to: plugin.count, by: 97) {
      #expect(fault(try lab.write(Array(plugin.prefix(length)), as: "libCut.so"))?.code == "P304")
    }
  }

  @Test func `a library without a stamp or without sections`() throws {
    let bare = try lab.compileC("int nothing;", as: "libBare.so")
    #expect(fault(bare)?.code == "P305")
    #expect(fault(bare)?.message == "plugin `\(bare)` carries no stamp: it has no section `calm_stamp`")
    try expect(changed(40, UInt64(0)), "P305", "carries no stamp: it has no section table, so no `calm_stamp`")
    try expect(changed(62, UInt16(60000)), "P305", "carries no stamp: it has no section `calm_stamp`")
  }

  @Test func `a stripped plugin keeps its stamp`() throws {
    let path = try lab.copy(lab.path("libPlugin.so"), as: "libStripped.so")
    #expect(try ChildProcess.run(["strip", "--strip-all", path]).outcome == .exited(0))
    #expect(try ElfStamp.read(path: path) == ElfStamp.host)
  }

  @Test func `a damaged stamp`() throws {
    let stamp = try #require(stampOffset)
    func damage(_ offset: Int, _ value: some FixedWidthInteger, _ message: String) throws {
      try expect(changed(stamp + offset, value), "P305", "carries a damaged stamp: \(message)")
    }
    try damage(0, UInt32(7), "it does not begin with `CALM`")
    try damage(4, UInt32(12), "it says that it has 12 bytes")
    try damage(4, UInt32.max, "it says that it has 4294967295 bytes")
    try damage(24, UInt8(0), "it names no compiler")
    try damage(25, UInt8(7), "it names no compiler")
  }

  @Test func `a stamp that lies elsewhere`() throws {
    let stamp = UInt64(try #require(stampOffset))
    let table = Int(word(40, as: UInt64.self))
    let section = try #require(
      stride(from: table, to: plugin.count, by: 64).first { word($0 + 24, as: UInt64.self) == stamp })
    for lie in [UInt64.max, UInt64.max - 63, UInt64(plugin.count), UInt64(1) << 63] {
      try expect(changed(section + 24, lie), "P305", "carries a damaged stamp: it does not lie within the file")
      try expect(changed(section + 32, lie), "P305", "carries a damaged stamp: it does not lie within the file")
    }
    try expect(changed(section + 32, UInt64(8)), "P305", "carries a damaged stamp: it has 8 bytes, a stamp has 128")
    try expect(changed(40, UInt64.max - 7), "P304", "is truncated: its section table ends past the end of the file")
    try expect(changed(32, UInt64.max - 7), "P304", "is truncated: its segment table ends past the end of the file")
  }

  @Test func `several stamps have to agree`() throws {
    let source = try lab.write(Array("#include \"calm_plugin.h\"\n".utf8), as: "second.c")
    let agreeing = try lab.compileC(as: "libAgree.so", flags: [source])
    #expect(try ElfStamp.read(path: agreeing) == ElfStamp.host)
    var bytes = try LoadingLab.bytes(agreeing)
    let second = try #require(bytes.indices.last { bytes[$0...].starts(with: LoadingLab.magic) })
    bytes[second + 8] = 9
    let fault = fault(try lab.write(bytes, as: "libDisagree.so"))
    #expect(fault?.code == "P305" && fault?.message.contains("it holds two that disagree, API ") == true)
  }

  private var stampOffset: Int? { plugin.indices.first { plugin[$0...].starts(with: LoadingLab.magic) } }

  private func fault(_ path: String) -> Diagnostic? { loadingFault { try ElfStamp.read(path: path) } }

  private func expect(_ bytes: [UInt8], _ code: String, _ message: String) throws {
    let path = try lab.write(bytes, as: "libBad.so")
    let fault = fault(path)
    #expect(fault?.code == code)
    #expect(fault?.message == "plugin `\(path)` \(message)")
  }

  private func changed(_ offset: Int, _ value: some FixedWidthInteger) -> [UInt8] {
    var bytes = plugin
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    return bytes
  }

  private func word<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
    plugin.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }
}

extension LoadingLab {
  /// How a stamp begins: `CALM` and its length.
  static let magic: [UInt8] = Array("CALM".utf8) + [128, 0, 0, 0]
}
