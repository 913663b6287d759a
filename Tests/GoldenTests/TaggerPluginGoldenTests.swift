import PluginAPI
import Testing
import Tokenizers
import Transformers

@testable import CRF
@testable import Host

/// The tagger's fixture from its words on, through the encoder plugins as the host loads them.
@Suite("Golden: tagger through plugins", .enabled(if: Golden.has("tagger/expected.json"), "no fixtures"))
struct TaggerPluginGoldenTests {
  /// The words of a fixture's sentences, and the ids that the fixture has for them.
  struct Sentences {
    let batch: ViewBatch
    let ours: SentenceLayout
    let theirs: PackedTokens

    init(_ model: String, _ fixture: TaggerGoldenTests.Fixture, _ view: View) throws {
      let words = fixture.info["words"].list, contexts = fixture.info["context_words"].list
      batch = ViewBatch(
        view: view,
        sentences: words.indices.map { s in
          ViewSentence(
            id: s, words: words[s].list.compactMap(\.string),
            context: view == .plain ? [] : contexts[s].list.compactMap(\.string))
        })
      ours = SentenceLayout(
        batch, tokenizer: try loadTokenizer(folder: Golden.folder + "/" + model),
        limits: SequenceLimits(tokens: .max, firstPosition: Int32(fixture.encoder.config.firstPosition)))
      theirs = try fixture.batch(view == .plain ? "plain" : "context").tokens
    }

    static func row(_ s: Int, _ tokens: PackedTokens) -> Range<Int> { Int(tokens.offsets[s])..<Int(tokens.offsets[s + 1]) }

    /// The fixture cuts long contexts inside a word, which no context of words can say.
    func isWhole(_ s: Int) -> Bool { Self.row(s, ours.tokens).count == Self.row(s, theirs).count }
  }

  @Test(arguments: TaggerGoldenTests.models, [View.plain, .augmented])
  func idsOfWords(model: String, view: View) throws {
    let sentences = try Sentences(model, try TaggerGoldenTests.Fixture(model), view)
    for s in sentences.batch.sentences.indices {
      let own = Sentences.row(s, sentences.ours.tokens), row = Sentences.row(s, sentences.theirs)
      // A cut row ends with a separator.
      let common = sentences.isWhole(s) ? row.count : row.count - 1
      #expect(sentences.ours.tokens.ids[own].prefix(common) == sentences.theirs.ids[row].prefix(common), "sentence \(s)")
      #expect(sentences.ours.tokens.positions[own].prefix(common) == sentences.theirs.positions[row].prefix(common))
    }
  }

  @Test(arguments: TaggerGoldenTests.models, [View.plain, .augmented])
  func emissions(model: String, view: View) throws {
    let fixture = try TaggerGoldenTests.Fixture(model), sentences = try Sentences(model, fixture, view)
    let encoder = try EncoderOptions.open(model: Golden.folder + "/" + model, plugin: nil)
    let words = try encoder.encode(sentences.batch, mode: .inference).value
    let expected = try fixture.tensors.tensor(view == .plain ? "emissions_plain" : "emissions_context")
    let (padded, tags, width) = (expected.shape[1], expected.shape[2], encoder.width)
    let weight = fixture.crf.weight.value, bias = fixture.crf.bias.value
    var compared = 0
    for s in sentences.batch.sentences.indices where sentences.isWhole(s) {
      for (place, word) in (words.offsets[s]..<words.offsets[s + 1]).enumerated() {
        for tag in 0..<tags {
          let emission = (0..<width).reduce(bias[tag]) { $0 + weight[tag * width + $1] * words.tensor[word * width + $1] }
          #expect(abs(emission - expected[(s * padded + place) * tags + tag]) < 1e-4, "sentence \(s) word \(place)")
          compared += 1
        }
      }
    }
    #expect(compared > 0)
  }
}
