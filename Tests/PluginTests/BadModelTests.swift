import FoundationEssentials
import PluginAPI
import Synchronization
import TestSupport
import Testing
import Transformers

/// Model folders that lie or lack something: refused with the file and the tensor, never a crash.
@Suite("Bad models")
struct BadModelTests {
  let lab: Lab
  var folder: String { lab.path("model") }

  init() throws { lab = try Lab() }

  /// What opening the folder says; empty where it opens.
  func refusal(modelTypes: Set<String> = ["bert"], warn: @escaping @Sendable (String) -> Void = { _ in }) -> String {
    do {
      let options = try decodeOptions(
        WordEncoderOptions.self,
        from: ConfigNode(
          .map([
            .init(
              .init("model", mark: SourceMark(file: "t", line: 1, column: 1)),
              ConfigNode(.scalar(folder, quoted: true), mark: SourceMark(file: "t", line: 1, column: 1)))
          ]), mark: SourceMark(file: "t", line: 1, column: 1)), what: "options")
      _ = try WordEncoder.open(
        options, shape: Shape(),
        services: Services(seed: 1, cacheFolder: "/tmp") { level, message in if level == .warning { warn(message) } },
        plugin: "biobert", modelTypes: modelTypes)
      return ""
    } catch let fault as Diagnostic {
      return "\(fault.code) \(fault.message)"
    } catch {
      return "\(error)"
    }
  }

  func edit(_ old: String, _ new: String) throws {
    let text = String(decoding: try lab.bytes("model/config.json"), as: UTF8.self)
    #expect(text.contains(old))
    try lab.write(text.replacing(old, with: new), to: "model/config.json")
  }

  @Test func aWholeModelOpens() { #expect(refusal() == "") }

  @Test(arguments: [
    (#""hidden_size": 16"#, #""hidden_size": 18"#, "M403"), (#""hidden_size": 16"#, #""hidden_size": 1073741824"#, "M403"),
    (#""num_hidden_layers": 2"#, #""num_hidden_layers": 2000000000"#, "M403"),
    (#""intermediate_size": 32"#, #""intermediate_size": 33"#, "M403"),
    (#""max_position_embeddings": 64"#, #""max_position_embeddings": 65"#, "M403"),
    (#""num_attention_heads": 2"#, #""num_attention_heads": 3"#, "not a multiple"),
    (#""num_attention_heads": 2"#, #""num_attention_heads": 0"#, "num_attention_heads"),
    (#""model_type": "bert""#, #""model_type": "gpt2""#, "M401"),
    (#""vocab_size": "#, #""vocab_size": -"#, "vocab_size"),
    (#"{"model_type""#, #"{"hidden_act": "relu", "model_type""#, "hidden_act"), ("{", "[", "config.json"),
    (#"{"model_type""#, #"{"is_decoder": true, "model_type""#, "is_decoder"),
    (#"{"model_type""#, #"{"layer_norm_eps": -1, "model_type""#, "layer_norm_eps"),
    (#"{"model_type""#, #"{"layer_norm_eps": 0, "model_type""#, "layer_norm_eps"),
    (#""hidden_size": 16"#, #""hidden_size": "16""#, "`hidden_size` is not of the right type"),
    (#""hidden_size": 16"#, #""hidden_size": 1.5"#, "hidden_size"),
  ])
  func aLyingConfigurationIsRefused(old: String, new: String, expected: String) throws {
    try edit(old, new)
    let message = refusal()
    #expect(message.contains(expected), "\(message)")
  }

  /// Where there is no `model_type`, the architecture tells, and without one the tokenizer has to be BERT's.
  @Test(arguments: [
    ("", ""), (#""architectures": [],"#, ""), (#""architectures": ["BertForMaskedLM"], "is_decoder": false,"#, ""),
    (#""architectures": ["BertModel"],"#, ""), (#""architectures": ["BertLMHeadModel"],"#, ""),
    (#""architectures": ["RobertaForMaskedLM"],"#, "M401 of type `roberta`"),
    (#""architectures": ["XLMRobertaModel"],"#, "M401 of type `xlm-roberta`"),
    (#""architectures": ["ElectraForPreTraining"],"#, "M401 of type `electra`"),
    (#""architectures": ["DistilBertForTokenClassification"],"#, "M401 of type `distilbert`"),
    (#""architectures": ["BertGenerationEncoder"],"#, "M401 `BertGenerationEncoder` is not known"),
    (#""architectures": ["MPNetModel"],"#, "M401 `MPNetModel` is not known"),
  ])
  func theArchitectureTellsTheType(entry: String, expected: String) throws {
    try edit(#""model_type": "bert","#, entry)
    let message = refusal()
    let words = expected.split(separator: " ", maxSplits: 1)
    #expect(message.isEmpty == words.isEmpty && words.allSatisfy { message.contains($0) }, "\(message)")
  }

  /// A byte-level vocabulary says that the model is no BERT, although its configuration says nothing.
  @Test func noTypeAndNoWordPieceIsRefused() throws {
    var pieces = ["<s>", "<pad>", "</s>", "<unk>"]
    // GPT-2's writing of the bytes: printable Latin-1 stands for itself, the rest begins at U+0100.
    let visible = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    pieces += (visible + (0x100..<0x100 + 256 - visible.count)).compactMap { UnicodeScalar(UInt32($0)).map { String($0) } }
    pieces.append("ab")
    let entries = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($0.element, $0.offset) })
    try lab.write(String(decoding: try JSONEncoder().encode(entries), as: UTF8.self), to: "model/vocab.json")
    try lab.write("#version: 0.2\na b\n", to: "model/merges.txt")
    try FileManager.default.removeItem(atPath: folder + "/vocab.txt")
    try edit(#""model_type": "bert","#, "")
    let message = refusal()
    #expect(message.hasPrefix("M401") && message.contains("WordPiece"), "\(message)")
  }

  @Test func missingAndSurplusTensorsAreNamed() throws {
    let file = try SafeTensors(path: folder + "/model.safetensors")
    var tensors = try file.entries.keys.sorted().map { ($0, try file.tensor($0)) }
    tensors.append(("cls.predictions.bias", Tensor(zeros: [3])))
    try SafeTensors.write(tensors, to: folder + "/model.safetensors")
    #expect(refusal() == "", "unused heads are no fault")
    tensors.removeAll { $0.0 == "encoder.layer.1.output.dense.bias" }
    try SafeTensors.write(tensors, to: folder + "/model.safetensors")
    #expect(refusal().contains("`encoder.layer.1.output.dense.bias` is missing"))
  }

  /// A configuration of fewer layers makes another model of the weights: whoever does so is told.
  @Test func anotherNumberOfLayersThanTheWeightsIsNoticed() throws {
    let warnings = Mutex<[String]>([])
    let warn: @Sendable (String) -> Void = { message in warnings.withLock { $0.append(message) } }
    #expect(refusal(warn: warn) == "" && warnings.withLock { $0 } == [])
    try edit(#""num_hidden_layers": 2"#, #""num_hidden_layers": 1"#)
    #expect(refusal(warn: warn) == "")
    let told = warnings.withLock { $0 }
    #expect(told.count == 1 && told.allSatisfy { $0.contains("encoder.layer.1.output.dense.bias") }, "\(told)")
    try edit(#""num_hidden_layers": 1"#, #""num_hidden_layers": 3"#)
    #expect(refusal().contains("they have 2 layers, `num_hidden_layers` is 3"), "\(refusal())")
  }

  @Test func everyMissingTensorIsNamed() throws {
    let file = try SafeTensors(path: folder + "/model.safetensors")
    let kept = file.entries.keys.sorted().filter { !$0.hasPrefix("encoder.layer.0.") && !$0.contains("position_embeddings") }
    try SafeTensors.write(try kept.map { ($0, try file.tensor($0)) }, to: folder + "/model.safetensors")
    let message = refusal()
    #expect(file.entries.keys.filter { !kept.contains($0) }.allSatisfy { message.contains("`\($0)`") }, "\(message)")
  }

  @Test func weightsThatAreNotNumbersAreRefused() throws {
    let file = try SafeTensors(path: folder + "/model.safetensors")
    let tensors = try file.entries.keys.sorted().map { ($0, try file.tensor($0)) }
    tensors.first { $0.0 == "embeddings.LayerNorm.weight" }?.1[3] = .nan
    try SafeTensors.write(tensors, to: folder + "/model.safetensors")
    #expect(refusal().contains("`embeddings.LayerNorm.weight` holds NaN"))
  }

  @Test func missingFilesAreNamed() throws {
    for file in ["model.safetensors", "vocab.txt", "config.json"] {
      let other = try BadModelTests()
      try FileManager.default.removeItem(atPath: other.folder + "/" + file)
      #expect(other.refusal().contains(file), "\(other.refusal())")
    }
  }

  @Test func aVocabularyLargerThanTheEmbeddingIsRefused() throws {
    let text = String(decoding: try lab.bytes("model/vocab.txt"), as: UTF8.self)
    try lab.write(text + "surplus\n", to: "model/vocab.txt")
    #expect(refusal().contains("M404"))
  }

  /// RoBERTa's positions begin behind the padding id, by default 1; the folder's vocabulary pads with 0.
  @Test func anotherPaddingIDThanTheTokenizersIsRefused() throws {
    try edit(#""model_type": "bert""#, #""model_type": "roberta""#)
    #expect(refusal(modelTypes: ["roberta"]).contains("M404"))
    try edit(#""model_type": "roberta""#, #""model_type": "roberta", "pad_token_id": 0"#)
    #expect(refusal(modelTypes: ["roberta"]) == "")
    for id in ["-1", "9223372036854775807", "1000000"] {
      try edit(#""pad_token_id": 0"#, #""pad_token_id": \#(id)"#)
      #expect(refusal(modelTypes: ["roberta"]).contains("`pad_token_id` is \(id)"), "\(refusal())")
      try edit(#""pad_token_id": \#(id)"#, #""pad_token_id": 0"#)
    }
  }

  /// A vocabulary that was cut short would make small pieces of every word.
  @Test func halfAVocabularyIsNoticed() throws {
    let warnings = Mutex<[String]>([])
    let lines = String(decoding: try lab.bytes("model/vocab.txt"), as: UTF8.self).split(separator: "\n")
    try lab.write(lines.prefix(lines.count / 2).map { $0 + "\n" }.joined(), to: "model/vocab.txt")
    #expect(refusal { message in warnings.withLock { $0.append(message) } } == "")
    #expect(warnings.withLock { $0 }.contains { $0.contains("is it whole?") })
  }
}
