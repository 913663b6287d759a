import PluginAPI
import Testing

@Suite("SafeTensors: writing")
struct SafeTensorsWriterTests {
  private func tensors() -> [(name: String, tensor: Tensor)] {
    var random = RandomStream(seed: 1, "writer")
    let shapes = [
      "weight": [3, 5], "bias": [7], "scalar": [], "none": [0, 4], "a\"b\\c/ü\n": [2], "": [1], "b.0": [1, 1, 1],
    ]
    return shapes.sorted { $0.key < $1.key }.map { name, shape in
      let tensor = Tensor(zeros: shape)
      for i in 0..<tensor.count { tensor[i] = Float(random.normal()) }
      return (name, tensor)
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let lab = try WeightsLab(), path = lab.folder + "/out.safetensors", tensors = tensors()
    try SafeTensors.write(tensors, to: path)
    let file = try SafeTensors(path: path)
    #expect(Set(file.entries.keys) == Set(tensors.map(\.name)))
    #expect(file.metadata.isEmpty)
    for (name, tensor) in tensors {
      let read = try file.tensor(name)
      #expect(read.shape == tensor.shape && read.values == tensor.values, "\(name)")
      #expect(file.entries[name]?.type == .float32)
      #expect(file.entries[name]?.range.lowerBound.isMultiple(of: 4) == true)
    }
  }

  /// Equal tensors give equal files, in whatever order they come and whatever was there before.
  @Test func filesAreFunctionsOfTheirTensors() throws {
    let lab = try WeightsLab(), tensors = tensors()
    let paths = ["a", "b"].map { lab.folder + "/" + $0 }
    try SafeTensors.write(tensors, to: paths[0])
    _ = try lab.write([UInt8](repeating: 7, count: 10_000), to: "b")
    try SafeTensors.write(tensors.reversed().map { ($0.name, $0.tensor.copy()) }, to: paths[1])
    #expect(try lab.bytes(paths[0]) == lab.bytes(paths[1]))
  }

  @Test func everyBitSurvives() throws {
    let lab = try WeightsLab(), path = lab.folder + "/bits"
    let odd: [Float] = [
      .nan, .signalingNaN, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi,
    ]
    try SafeTensors.write([("odd", Tensor(odd, shape: [8]))], to: path)
    let read = try SafeTensors(path: path).tensor("odd")
    #expect(read.values.map(\.bitPattern) == odd.map(\.bitPattern))
  }

  @Test func nothingIsAFileToo() throws {
    let lab = try WeightsLab(), path = lab.folder + "/empty"
    try SafeTensors.write([], to: path)
    #expect(try SafeTensors(path: path).entries.isEmpty)
  }

  @Test func aPathThatCannotBeWrittenIsNamed() throws {
    let lab = try WeightsLab()
    let message = refusal { try SafeTensors.write([], to: lab.folder + "/nowhere/x") }
    #expect(message == "cannot be written: No such file or directory")
    #expect(refusal { try SafeTensors.write([], to: lab.folder) }.hasPrefix("cannot be written"))
  }
}
