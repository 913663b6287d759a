import Glibc
import PluginAPI
import Testing

/// Reading into memory that is partly equal already: the numbers are right, and pages without news are not written to.
@Suite("Tensor files: reading spares what is equal")
struct SparingReadTests {
  /// Four megabytes: large enough to come from the system as zero pages.
  private static let count = 1 << 20

  private static func file(_ tensor: Tensor, in lab: WeightsLab, _ name: String) throws -> SafeTensors {
    let path = lab.folder + "/" + name
    try SafeTensors.write([("a", tensor)], to: path)
    return try SafeTensors(path: path)
  }

  /// Lengths around a page, at the start and in the middle of other memory.
  @Test(arguments: [1, 1023, 1024, 1025, 5000])
  func theNumbersAreTheFiles(count: Int) throws {
    let lab = try WeightsLab()
    let numbers = Tensor((0..<count).map { Float($0 + 1) }, shape: [count])
    let file = try Self.file(numbers, in: lab, "numbers")
    for offset in [0, 3] {
      let memory = Tensor([Float](repeating: -1, count: count + 6), shape: [count + 6])
      let out = memory.view(at: offset, shape: [count])
      func expectNumbers() throws {
        let version = out.version
        try file.read("a", into: out)
        #expect(out.values == numbers.values && out.version != version)
        #expect(memory.values.prefix(offset).allSatisfy { $0 == -1 })
        #expect(memory.values.suffix(6 - offset).allSatisfy { $0 == -1 })
      }
      try expectNumbers()
      try expectNumbers()
      for index in [0, count / 2, count - 1] {
        out[index] = -2
        try expectNumbers()
      }
    }
  }

  /// Zeros of both signs are equal as numbers, but not as bytes.
  @Test func theSignOfZeroIsRead() throws {
    let lab = try WeightsLab()
    let file = try Self.file(Tensor([-0.0, 0, 0], shape: [3]), in: lab, "zeros"), out = Tensor([0, -0.0, 0], shape: [3])
    try file.read("a", into: out)
    #expect(out.values.map(\.sign) == [.minus, .plus, .plus])
  }

  @Test(.enabled(if: PageMap.isReadable)) func untouchedZerosTakeNoMemory() throws {
    let lab = try WeightsLab()
    let moments = Tensor(zeros: [Self.count], sparse: true)
    moments[700_000] = 3
    let file = try Self.file(moments, in: lab, "moments"), out = Tensor(zeros: [Self.count], sparse: true)
    #expect(try PageMap.ownPages(of: out) == 0)
    try file.read("a", into: out)
    #expect(out[700_000] == 3)
    #expect(try PageMap.ownPages(of: out) == 1)
    #expect(out.values == moments.values)
  }

  @Test(.enabled(if: PageMap.isReadable)) func whatTheFileHoldsStaysInTheFile() throws {
    let lab = try WeightsLab()
    let weights = Tensor((0..<Self.count).map { Float($0) }, shape: [Self.count])
    let model = try Self.file(weights, in: lab, "model"), out = Tensor(zeros: [Self.count])
    try model.load("a", into: out)
    weights[700_000] = -1
    try Self.file(weights, in: lab, "trained").read("a", into: out)
    #expect(out.values == weights.values)
    #expect(try PageMap.ownPages(of: out) == 1)
    // The model's own file is as it was.
    #expect(try SafeTensors(path: lab.folder + "/model").tensor("a")[700_000] == 700_000)
  }
}

/// What the kernel says of this process's pages (`proc_pid_pagemap(5)`).
private enum PageMap {
  static var isReadable: Bool { access("/proc/self/pagemap", R_OK) == 0 }

  /// The pages of a tensor that are this process's alone: neither a file's, nor the page of zeros that all share, nor absent.
  static func ownPages(of tensor: Tensor) throws -> Int {
    let page = Int(sysconf(Int32(_SC_PAGESIZE))), start = Int(bitPattern: tensor.data)
    let first = start / page, last = (start + tensor.count * 4 - 1) / page
    var entries = [UInt64](repeating: 0, count: last - first + 1)
    let size = entries.count * 8, file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    try #require(pread(file, &entries, size, first * 8) == size)
    let present: UInt64 = 1 << 63, ofFile: UInt64 = 1 << 61, alone: UInt64 = 1 << 56
    return entries.count { $0 & (present | ofFile | alone) == present | alone }
  }
}
