import PluginAPI
import TestSupport
import Testing
import Tokenizers
import Transformers

/// A real pretrained encoder: its tokenizer and its hidden states against Hugging Face, sentence embeddings against
/// sentence-transformers.
@Suite(
  "Golden: MiniLM", .enabled(if: Golden.has("minilm.safetensors") && PretrainedModel.minilm != nil, "no fixtures or no model"))
struct MiniLMGoldenTests {
  @Test func hiddenStatesAndSentenceEmbeddings() throws {
    let folder = try #require(PretrainedModel.minilm)
    let encoder = TransformerEncoder(config: try TransformerConfig(folder: folder))
    try encoder.load(Checkpoint(folder: folder)) { _, _ in }
    let tokenizer = try loadTokenizer(folder: folder)
    let info = try Golden.json("minilm.json"), tensors = try SafeTensors(path: Golden.folder + "/minilm.safetensors")

    let ids = tokenizer.encode(try #require(info["hidden_states_text"].string))
    #expect(ids.map(Int.init) == (try tensors.integers("hidden_states.input_ids")))
    var tokens = PackedTokens()
    tokens.append(ids, firstPosition: 0)
    let reference = try tensors.tensor("hidden_states"), width = encoder.config.hidden
    var worst: Float = 0
    _ = encoder.infer(tokens) { layer, state in
      worst = max(
        worst, difference(state, reference.view(at: layer * ids.count * width, shape: [ids.count, width])))
    }
    #expect(worst < 1e-4)

    // All texts in one packed batch: mean over tokens, special ones included, then unit length.
    let texts = info["texts"].list.compactMap(\.string)
    var batch = PackedTokens()
    for text in texts { batch.append(tokenizer.encode(text), firstPosition: 0) }
    let states = encoder.infer(batch), embeddings = try tensors.tensor("sentence_embeddings")
    #expect(embeddings.shape == [texts.count, width])
    for s in texts.indices {
      let rows = states.rows(Int(batch.offsets[s])..<Int(batch.offsets[s + 1]))
      let mean = (0..<width).map { column in
        (0..<rows.shape[0]).reduce(Float(0)) { $0 + rows[$1 * width + column] } / Float(rows.shape[0])
      }
      let norm = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let expected = embeddings.rows(s..<s + 1)
      #expect((0..<width).allSatisfy { abs(mean[$0] / norm - expected[$0]) < 1e-4 }, "text \(s)")
    }
  }
}
