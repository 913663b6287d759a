import PluginAPI
import Testing

@Suite("PyTorch files: refusals")
struct PyTorchRefusalTests {
  private static let storage = Pickled.storage("0", "Float", 4)
  private static let four: [PyTorchFormat.Storage] = [("0", 4, littleEndian([Float(1), 2, 3, 4]))]

  /// What a file of this pickle and a storage of four floats is answered with, in either format.
  private func answer(_ pickle: [UInt8], _ format: PyTorchFormat = .zip) throws -> String {
    let lab = try WeightsLab(), path = try lab.write(format.file(pickle, Self.four), to: "pytorch_model.bin")
    return refusal { _ = try PyTorchFile(path: path) }
  }

  private func answer(tensor: [UInt8], _ format: PyTorchFormat = .zip) throws -> String {
    try answer(Pickled.state([("a", tensor)]), format)
  }

  private func answer(zip entries: [Zip.Entry], wide: Bool = false, count: Int? = nil) throws -> String {
    let lab = try WeightsLab(), path = try lab.write(Zip.file(entries, wide: wide, count: count), to: "pytorch_model.bin")
    return refusal { _ = try PyTorchFile(path: path) }
  }

  // MARK: Symbols

  @Test(
    arguments: [
      "os system", "posix system", "__builtin__ eval", "builtins exec", "subprocess Popen", "torch load",
      "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v3", "torch.storage UntypedStorage", "torch QInt8Storage",
      "torch FloatStorage.__init__", "collections OrderedDict.fromkeys", "collections.OrderedDict x",
    ], PyTorchFormat.allCases)
  func anyOtherSymbol(symbol: String, format: PyTorchFormat) throws {
    let expected =
      "asks for `\(symbol)`; only plain tensors are read, and nothing a file asks for is run. Convert the model to "
      + "safetensors where you trust it"
    let attack = Pickled.call(symbol, [Pickled.text("touch /tmp/x")])
    #expect(try answer(Pickled.whole(attack), format) == expected)
    #expect(try answer(tensor: attack, format) == expected)
    // Naming it is enough.
    #expect(try answer(Pickled.whole(Pickled.symbol(symbol)), format) == expected)
    // By the operations that name and call in one, or by two texts.
    let words = symbol.split(separator: " ").map(String.init)
    let instance = Pickled.mark + [0x69] + Pickled.symbol(symbol).dropFirst()
    #expect(try answer(Pickled.whole(instance), format) == expected)
    #expect(try answer(Pickled.whole(words.flatMap(Pickled.text) + [0x93]), format) == expected)
  }

  /// What is known may still not be used for anything else.
  @Test func knownSymbolsInWrongPlaces() throws {
    let list = Pickled.emptyList
    #expect(try answer(tensor: Pickled.call("torch FloatStorage", [Pickled.integer(4)])).hasPrefix("makes a storage out of"))
    #expect(try answer(tensor: Pickled.call("collections OrderedDict", [list])).hasPrefix("has an OrderedDict made of"))
    #expect(try answer(tensor: Pickled.call("torch._utils _rebuild_tensor_v2", [list])).hasPrefix("has a damaged pickle"))
    #expect(try answer(tensor: Pickled.call("torch._utils _rebuild_parameter", [list, list, list])).hasPrefix("has a damaged"))
    #expect(try answer(tensor: Pickled.text("a") + Pickled.emptyTuple + Pickled.reduce).contains("applies a text to a tuple"))
    let negated = Pickled.emptyDictionary + Pickled.text("neg") + Pickled.yes + Pickled.setItem
    #expect(try answer(tensor: Pickled.tensor(Self.storage, [4], more: [negated])).contains("with empty hooks"))
    let state = Pickled.emptyDictionary + Pickled.text("__class__") + Pickled.none + Pickled.setItem
    #expect(
      try answer(Pickled.whole(Pickled.ordered + state + Pickled.build)).hasPrefix(
        "gives a dictionary the attribute `__class__`"))
  }

  @Test func operationsAndProtocols() throws {
    let known: Set<UInt8> = Set([
      0x80, 0x2e, 0x28, 0x4e, 0x88, 0x89, 0x4b, 0x4d, 0x4a, 0x8a, 0x47, 0x58, 0x63, 0x29, 0x85, 0x86, 0x87, 0x74, 0x5d, 0x61,
      0x65, 0x7d, 0x73, 0x75, 0x71, 0x72, 0x68, 0x6a, 0x51, 0x52, 0x62, 0x93, 0x69,
    ])
    for code in UInt8.min ... .max where !known.contains(code) {
      #expect(try answer(Pickled.whole([code])).hasPrefix("has the pickle operation 0x"), "\(code)")
    }
    for version: UInt8 in [0, 1, 3, 4, 5, 255] {
      #expect(try answer([0x80, version, 0x4e, 0x2e]).hasPrefix("is pickled with protocol \(version); only 2"))
    }
    #expect(try answer([0x4e, 0x2e]).hasPrefix("has no pickle at byte"))
    #expect(try answer(Pickled.whole(Pickled.ordered) + [0]) == "has 1 bytes after its pickle")
  }

  @Test(arguments: [
    [], [0x74], [0x75], [0x52], [0x62], [0x73], [0x51], [0x28], [0x28, 0x4e], [0x4e, 0x28, 0x52], [0x68, 9], [0x71, 0],
    [0x4e, 0x28, 0x71, 0], [0x4e, 0x4e], [0x80, 2], [0x4e, 0x51], [0x29, 0x51], [0x4e, 0x4e, 0x61], [0x7d, 0x28, 0x4e, 0x75],
    [0x5d, 0x4e, 0x4e, 0x73], [0x4e, 0x85, 0x86], [0x4e, 0x7d, 0x62],
  ])
  func brokenStacks(body: [UInt8]) throws {
    #expect(try answer(Pickled.whole(body)).hasPrefix("has a damaged pickle: "))
  }

  @Test func whatIsNotADictionaryOfTensors() throws {
    #expect(try answer(Pickled.whole(Pickled.emptyList)).hasPrefix("holds a list, not a dictionary of tensors"))
    #expect(try answer(tensor: Pickled.integer(3)).hasPrefix("has an integer under `a`, not a tensor; is it a training"))
    let tensor = Pickled.tensor(Self.storage, [4])
    #expect(try answer(Pickled.state([("a", tensor), ("a", tensor)])) == "names `a` twice")
    #expect(
      try answer(Pickled.whole(Pickled.ordered + Pickled.integer(1) + tensor + Pickled.setItem)).contains(
        "an integer for a key"))
    #expect(try answer(Pickled.state([("a\u{1b}[2J", tensor)])).contains("not printable UTF-8"))
    #expect(try answer(Pickled.state([("\u{202e}", tensor)])).contains("not printable UTF-8"))
    #expect(try answer(Pickled.state([(String(repeating: "a", count: 1025), tensor)])).contains("text of 1025 bytes"))
    #expect(try answer(Pickled.state([(String(repeating: "a", count: 1024), tensor)])) == "accepted")
  }

  // MARK: Bombs

  @Test func bombs() throws {
    // A slot number is a key, not a size; nor is a length believed.
    #expect(try answer(Pickled.whole(Pickled.ordered + Pickled.put(.max))) == "accepted")
    #expect(try answer(Pickled.whole([0x58, 255, 255, 255, 255])).hasPrefix("has a text of 4294967295 bytes"))
    #expect(try answer(Pickled.whole([0x8a, 255])).hasPrefix("has an integer of 255 bytes"))
    // Each tuple is twice the one before: 2^1000 values, or a thousand.
    var twice = Pickled.emptyTuple
    for depth in UInt32(0)..<1000 { twice += Pickled.put(depth) + Pickled.get(depth) + [0x86] }
    #expect(try answer(tensor: twice).hasPrefix("has a tuple under `a`"))
    // One long tuple that is every tensor's shape.
    let long = Pickled.mark + [UInt8](repeating: 0x4e, count: 100_000) + [0x74] + Pickled.put(1)
    let shape = Pickled.call(
      "torch._utils _rebuild_tensor_v2",
      [Self.storage, [0x4b, 0], Pickled.get(1), Pickled.get(1), Pickled.no, Pickled.ordered])
    #expect(try answer(Pickled.state([("a", long), ("b", shape)])).contains("at most 8 dimensions"))
    #expect(try answer(Pickled.whole([UInt8](repeating: 0x4e, count: 1 << 19))).hasPrefix("has a pickle of more than 524288"))
  }

  @Test func deepNesting() throws {
    let depth = 200_000
    #expect(try answer(tensor: Pickled.emptyTuple + [UInt8](repeating: 0x85, count: depth)).hasPrefix("has a tuple under `a`"))
    let marks = [UInt8](repeating: 0x28, count: depth)
    #expect(try answer(Pickled.whole(marks)).hasPrefix("has a damaged pickle"))
    #expect(try answer(tensor: marks + [UInt8](repeating: 0x74, count: depth)).hasPrefix("has a tuple under `a`"))
    // A dictionary in itself.
    let loop = Pickled.emptyDictionary + Pickled.put(0) + Pickled.text("a") + Pickled.get(0) + Pickled.setItem
    #expect(try answer(Pickled.whole(loop)).hasPrefix("has a dictionary under `a`"))
  }

  // MARK: Numbers that lie

  @Test(arguments: PyTorchFormat.allCases)
  func tensorsBeyondTheirStorage(format: PyTorchFormat) throws {
    func answer(_ offset: Int, _ shape: [Int], _ stride: [Int]? = nil) throws -> String {
      try self.answer(tensor: Pickled.tensor(Self.storage, offset: offset, shape, stride: stride), format)
    }
    #expect(try answer(0, [4]) == "accepted")
    #expect(try answer(1, [4]) == "tensor `a` takes 4 elements from 1 on of the storage `0`, which has 4")
    #expect(try answer(5, [0]).contains("takes 0 elements from 5 on"))
    #expect(try answer(-1, [4]).contains("takes 4 elements from -1 on"))
    #expect(try answer(.max, [4]).contains("takes 4 elements"))
    #expect(try answer(0, [2, 3]).contains("takes 6 elements"))
    #expect(try answer(0, [1 << 60]).contains("takes 1152921504606846976 elements"))
    for shape in [[-1], [-1, -4], [.min], [.max], [1 << 32, 1 << 32], [1 << 62, 4, 0]] {
      #expect(try answer(0, shape, shape.map { _ in 1 }) == "tensor `a` has the impossible shape \(shape)")
    }
    #expect(try answer(0, [2, 2], [1, 2]).hasPrefix("tensor `a` is not contiguous (shape [2, 2], strides [1, 2])"))
    for stride in [0, -1, 2, .max, .min] { #expect(try answer(0, [2], [stride]).contains("is not contiguous")) }
    #expect(try answer(0, [2, 2], [2]).contains("at most 8 dimensions"))
    #expect(try answer(0, [Int](repeating: 1, count: 9)).contains("at most 8 dimensions"))
  }

  @Test func storagesThatLie() throws {
    for count in [0, 3, 5, -1, 1 << 61, .max, .min] {
      let tensor = Pickled.tensor(Pickled.storage("0", "Float", count), [0])
      let expected = "has 16 bytes for the storage `0` of \(count) F32"
      #expect(try answer(tensor: tensor) == expected)
      #expect(try answer(tensor: tensor, .legacy) == expected)
    }
    for format in PyTorchFormat.allCases {
      let two = Pickled.state([
        ("a", Pickled.tensor(Self.storage, [4])), ("b", Pickled.tensor(Pickled.storage("0", "Half", 8), [8])),
      ])
      #expect(try answer(two, format) == "describes the storage `0` in two ways")
      let other = Pickled.state([
        ("a", Pickled.tensor(Self.storage, [4])), ("b", Pickled.tensor(Pickled.storage("1", "Float", 4), [4])),
      ])
      #expect(try answer(other, format) == "lacks the storage `1`, which its pickle names")
    }
    #expect(
      try answer(tensor: Pickled.tensor(Pickled.storage("../../data.pkl", "Float", 4), [4])).hasPrefix("lacks the storage"))
  }

  @Test func oldFilesThatLie() throws {
    let lab = try WeightsLab(), pickle = Pickled.state([("a", Pickled.tensor(Self.storage, [4]))])
    let bytes = Self.four[0].bytes
    func answer(_ file: [UInt8]) throws -> String {
      let path = try lab.write(file)
      return refusal { _ = try PyTorchFile(path: path) }
    }
    for count in [5, 1 << 40, 1 << 60] {
      #expect(
        try answer(PyTorchFormat.legacy(pickle, [("0", count, bytes)])) == "ends inside its pickles or storages: truncated?")
    }
    for count in [-1, 1 << 61, 1 << 62, .min, .max] {
      #expect(
        try answer(PyTorchFormat.legacy(pickle, [("0", count, bytes)])).contains(
          "\(count) elements in the storage `0`, which is imp"))
    }
    #expect(try answer(PyTorchFormat.legacy(pickle, [("0", 4, bytes + [0])])) == "has 1 bytes after its last storage")
    #expect(try answer(PyTorchFormat.legacy(pickle, [("0", 4, bytes), ("0", 4, bytes)])) == "has the storage `0` twice")
    #expect(try answer(PyTorchFormat.legacy(pickle, [("0", 4, bytes), ("1", 4, bytes)])).contains("none of its tensors names"))
    #expect(try answer(PyTorchFormat.legacy(pickle, [("0", 4, bytes)], little: Pickled.no)).hasPrefix("is not little-endian"))
    #expect(try answer(PyTorchFormat.legacy(pickle, [("0", 4, bytes)], version: 1002)).hasPrefix("is of an unknown version"))
    #expect(try answer([]) == "is not a file that torch.save writes: truncated, or a pointer to the real file?")
    #expect(try answer(Array("version https://git-lfs".utf8)).hasPrefix("is not a file that torch.save writes"))
  }

  // MARK: Zip files

  @Test func zipEntries() throws {
    let pickle = Pickled.state([("a", Pickled.tensor(Self.storage, [4]))]), bytes = Self.four[0].bytes
    let good: [Zip.Entry] = [.init("m/data.pkl", pickle), .init("m/data/0", bytes)]
    func answer(_ more: Zip.Entry...) throws -> String { try self.answer(zip: good + more) }
    #expect(try answer() == "accepted")
    #expect(try answer(.init("m/code/"), .init(".data/x")) == "accepted")
    #expect(try answer(.init("m/x") { $0.method = 8 }).hasPrefix("has the compressed zip entry `m/x` (method 8)"))
    #expect(try answer(.init("m/x", [1]) { $0.packed = 0 }).hasPrefix("has the compressed zip entry `m/x`"))
    #expect(try answer(.init("m/x") { $0.flags = 1 }) == "has the encrypted zip entry `m/x`")
    for name in ["../x", "m/../../x", "m/..", "/etc/passwd", "m\\..\\x", "./x", "../\u{301}x", ""] {
      #expect(try answer(.init(name)) == "has the zip entry `\(name)`, a name that leads elsewhere")
    }
    #expect(try answer(.init("m/data/0", bytes)) == "has the zip entry `m/data/0` twice")
    #expect(try answer(.init("m/x") { $0.localName = "m/y" }) == "has the zip entry `m/x` under two names")
    #expect(try answer(.init("m/x") { $0.start = 1 }) == "has the zip entry `m/x` where no entry begins")
    #expect(try answer(.init("m/x") { $0.start = .max }).contains("beyond its data"))
    #expect(try answer(.init("m/x") { $0.size = 1 << 31 }) == "ends inside the zip entry `m/x`: truncated?")
    #expect(try answer(.init("n/data.pkl", pickle)).contains("with 2 entries `NAME/data.pkl`"))
    #expect(try answer(.init("m/byteorder", Array("big".utf8))).hasPrefix("is not little-endian"))
    #expect(try self.answer(zip: []).contains("with 0 entries `NAME/data.pkl`"))
  }

  @Test func zipDirectories() throws {
    let pickle = Pickled.state([("a", Pickled.tensor(Self.storage, [4]))])
    let good: [Zip.Entry] = [.init("m/data.pkl", pickle), .init("m/data/0", Self.four[0].bytes)]
    let many = good + (0..<9998).map { .init("m/\($0)") }
    #expect(try answer(zip: many) == "accepted")
    #expect(try answer(zip: many + [.init("m/more")]) == "has 10001 zip entries; the limit is 10000")
    #expect(try answer(zip: good, count: 3).hasPrefix("declares 3 zip entries in "))
    #expect(try answer(zip: many, count: 9000).contains("bytes after its zip directory's entries"))
    #expect(try answer(zip: good, count: 1).contains("bytes after its zip directory's entries"))
    for count in [1 << 40, -1, .max] {
      #expect(
        try answer(zip: good, wide: true, count: count).hasPrefix("declares \(UInt64(bitPattern: Int64(count))) zip entries"))
    }
    let lab = try WeightsLab()
    for wide in [false, true] {
      let file = Zip.file(good, wide: wide)
      let comment = try lab.write(file + [0])
      #expect(refusal { _ = try PyTorchFile(path: comment) }.contains("with a comment?"))
      let shifted = try lab.write([0x50, 0x4b] + file)
      #expect(refusal { _ = try PyTorchFile(path: shifted) } != "accepted")
    }
  }
}
