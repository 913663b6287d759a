import PluginAPI
import Testing

@Suite("Checkpoints: one file or shards")
struct CheckpointTests {
  private static let index = "model.safetensors.index.json"

  private func shard(_ lab: WeightsLab, _ name: String, _ tensors: [String: [Float]]) throws {
    let list = tensors.map { (name: $0.key, tensor: Tensor($0.value, shape: [$0.value.count])) }
    try SafeTensors.write(list, to: lab.folder + "/" + name)
  }

  private func index(_ lab: WeightsLab, _ json: String) throws { _ = try lab.write(Array(json.utf8), to: Self.index) }

  @Test func oneFile() throws {
    let lab = try WeightsLab()
    try shard(lab, "model.safetensors", ["a": [1, 2], "b": [3]])
    // The index of another checkpoint does not matter beside a whole file.
    try index(lab, #"{"weight_map":{"z":"nowhere.safetensors"}}"#)
    let checkpoint = try Checkpoint(folder: lab.folder), out = Tensor(zeros: [2])
    #expect(checkpoint.names == ["a", "b"])
    #expect(checkpoint.shape("a") == [2] && checkpoint.shape("c") == nil)
    try checkpoint.read("a", into: out)
    #expect(out.values == [1, 2])
    #expect(refusal { try checkpoint.read("c", into: out) } == "has no tensor `c`")
    #expect(checkpoint.paths == [lab.folder + "/model.safetensors"])
  }

  @Test func shards() throws {
    let lab = try WeightsLab()
    try shard(lab, "one.safetensors", ["a": [1, 2], "unlisted": [9]])
    try shard(lab, "two.safetensors", ["b": [3, 4]])
    try index(lab, #"{"metadata":{"total_size":16},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}"#)
    let checkpoint = try Checkpoint(folder: lab.folder), out = Tensor(zeros: [2])
    #expect(checkpoint.names == ["a", "b"])
    try checkpoint.read("b", into: out)
    #expect(out.values == [3, 4])
    #expect(checkpoint.paths == ["one", "two"].map { "\(lab.folder)/\($0).safetensors" })
  }

  @Test func aMissingShardIsNamed() throws {
    let lab = try WeightsLab()
    try shard(lab, "one.safetensors", ["a": [1]])
    try index(lab, #"{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#)
    do {
      _ = try Checkpoint(folder: lab.folder)
      Issue.record("accepted")
    } catch let error as WeightsError {
      #expect(error.description == "\(lab.folder)/two.safetensors: No such file or directory")
    }
  }

  @Test func aTensorThatIsNotInItsShardIsNamed() throws {
    let lab = try WeightsLab()
    try shard(lab, "one.safetensors", ["a": [1]])
    try index(lab, #"{"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}"#)
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) } == "has no tensor `b`, which the index places there")
  }

  @Test(arguments: ["", "{}", "[]", #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#, #"{"weight_map":["a"]}"#])
  func indicesWithoutAMap(json: String) throws {
    let lab = try WeightsLab()
    try index(lab, json)
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) } == "has no `weight_map` of tensor names to files")
  }

  /// An index comes from the network: it may not name files elsewhere.
  @Test(arguments: ["../one.safetensors", "/etc/passwd", "sub/one.safetensors", ""])
  func shardsOutsideTheFolder(shard: String) throws {
    let lab = try WeightsLab()
    try index(lab, #"{"weight_map":{"a":"\#(shard)"}}"#)
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) } == "names the shard `\(shard)` outside its folder")
  }

  @Test func damagedFilesAreFoundWhenOpened() throws {
    let lab = try WeightsLab()
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) }.hasPrefix("has neither model.safetensors nor"))
    #expect(refusal { _ = try Checkpoint(folder: lab.folder + "/nowhere") }.hasPrefix("has neither model.safetensors nor"))
    try shard(lab, "one.safetensors", ["a": [1]])
    _ = try lab.write([UInt8](repeating: 0, count: 9), to: "two.safetensors")
    try index(lab, #"{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#)
    #expect(refusal { _ = try Checkpoint(folder: lab.folder) } != "accepted")
  }
}
