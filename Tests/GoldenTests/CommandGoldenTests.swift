import FoundationEssentials
import PluginAPI
import TestSupport
import Testing
import Transformers

@testable import Host

/// The same fixtures through the program's own commands, as another program would use them.
@Suite("Golden: commands", .enabled(if: Golden.isThere, "no fixtures"))
struct CommandGoldenTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  func calm(_ arguments: [String]) throws -> (code: Int32, output: String) {
    let result = try ChildProcess.run([Lab.program] + arguments, timeout: .seconds(120), capacity: 64 << 20)
    guard case .exited(let code) = result.outcome else { return (-1, "") }
    return (code, String(decoding: result.output, as: UTF8.self))
  }

  @Test(.enabled(if: Golden.has("scoring.json"), "no fixture"))
  func scoreEqualsConlleval() throws {
    let cases = try Golden.json("scoring.json")["cases"].list
    #expect(!cases.isEmpty)
    for (number, item) in cases.enumerated() {
      for side in ["gold", "pred"] {
        let text = item[side].list.map { tags in
          tags.list.compactMap(\.string).enumerated().map { "w\($0) \($1)\n" }.joined() + "\n"
        }.joined()
        try lab.write(text, to: "\(side).conll")
      }
      let answer = try calm(["score", lab.path("gold.conll"), lab.path("pred.conll"), "--format", "json"])
      let name = item["name"].string ?? "case \(number)"
      guard item["gold"].list.contains(where: { !$0.list.isEmpty }) else {
        #expect(answer.code == 3, "\(name): a file without a sentence")
        continue
      }
      #expect(answer.code == 0, "\(name)")
      let scores = try JSON.parse(Data(answer.output.utf8))
      guard case .object(let reference) = item["conlleval"] else { continue }
      for (type, expected) in reference {
        let actual = type == "micro" ? scores["micro"] : scores["types"][type]
        #expect(actual["support"].int == expected["gold"].int, "\(name) \(type)")
        #expect(abs((actual["recall"].double ?? -1) - (expected["recall"].double ?? -2)) < 1e-9, "\(name) \(type)")
        #expect(abs((actual["f1"].double ?? -1) - (expected["f1"].double ?? -2)) < 1e-9, "\(name) \(type)")
        // PyPI's conlleval calls a precision of nothing 1; here an undefined ratio is 0.
        guard expected["predicted"].int != 0 else { continue }
        #expect(abs((actual["precision"].double ?? -1) - (expected["precision"].double ?? -2)) < 1e-9, "\(name) \(type)")
      }
    }
  }

  /// Columns of the tokenization fixture and the model folders they belong to: folders that have the column's name, with or
  /// without its case.
  static let columns: [(column: String, model: String)] = {
    let data = FileManager.default.contents(atPath: Golden.folder + "/tokenization/cases.jsonl") ?? Data()
    guard let line = data.split(separator: 0x0A).first, case .object(let row)? = try? JSON.parse(Data(line)) else { return [] }
    return row.keys.sorted().compactMap { column in
      if column == "minilm_uncased" { return PretrainedModel.minilm.map { (column, $0) } }
      let name = column.hasSuffix("_cased") ? String(column.dropLast("_cased".count)) : column
      return EncoderGoldenTests.folders.contains(name) ? (column, Golden.folder + "/" + name) : nil
    }
  }()

  @Test(.enabled(if: Golden.has("tokenization/cases.jsonl"), "no fixture"))
  func tokenizeEqualsHuggingFace() throws {
    let data = try #require(FileManager.default.contents(atPath: Golden.folder + "/tokenization/cases.jsonl"))
    let cases = try data.split(separator: 0x0A).map { try JSON.parse(Data($0)) }
      // The command reads lines, so a text that holds one's end cannot be asked for.
      .filter { $0["text"].string?.utf8.contains(0x0A) == false }
    #expect(!Self.columns.isEmpty)
    for (column, model) in Self.columns {
      let plain = cases.filter { !$0[column].isNull }
      try lab.write(plain.compactMap { $0["text"].string.map { $0 + "\n" } }.joined(), to: "texts")
      let lines = try calm(["tokenize", "--model", model, lab.path("texts")]).output.split(separator: "\n")
      #expect(lines.count == plain.count)
      for (line, item) in zip(lines, plain) {
        #expect(try JSON.parse(Data(line.utf8))["ids"].ints == item[column].ints, "\(column) \(item["id"])")
      }
      let split = cases.filter { !$0["pretok_" + column].isNull }
      try lab.write(
        split.map { $0["words"].list.compactMap(\.string).joined(separator: " ") + "\n" }.joined(), to: "words")
      let words = try calm(["tokenize", "--words", "--model", model, lab.path("words")]).output.split(separator: "\n")
      #expect(words.count == split.count)
      for (line, item) in zip(words, split) {
        let answer = try JSON.parse(Data(line.utf8)), reference = item["pretok_" + column].list
        #expect(answer["ids"].ints == reference.first?.ints, "\(column) words \(item["id"])")
        #expect(answer["wordIDs"].list.map { $0.int ?? -1 } == reference.last?.ints, "\(column) words \(item["id"])")
      }
    }
  }

  static let encoders = EncoderGoldenTests.folders.filter {
    Golden.has($0 + "/tokenizer_config.json") && Golden.has($0 + "/expected.json") && Golden.has($0 + "/expected.safetensors")
  }

  @Test(arguments: encoders)
  func encodeEqualsHuggingFace(folder: String) throws {
    let info = try Golden.json(folder + "/expected.json")
    let texts = info["texts"].list.compactMap(\.string)
    try lab.write(texts.map { $0 + "\n" }.joined(), to: "texts")
    let answer = try calm(["encode", "--model", Golden.folder + "/" + folder, lab.path("texts"), "-o", lab.path("states")])
    #expect(answer.code == 0)
    let states = try SafeTensors(path: lab.path("states"))
    let expected = try SafeTensors(path: "\(Golden.folder)/\(folder)/expected.safetensors")
    let reference = try expected.tensor("out.hidden_states"), mask = try expected.integers("in.attention_mask")
    let (length, width) = (reference.shape[2], reference.shape[3])
    let first = reference.count - texts.count * length * width  // of the last layer
    // Where row 0 is a pair, a line cannot ask for it.
    for row in texts.indices where row > 0 || info["row0_is_pair_of"].isNull {
      let tokens = mask[row * length..<(row + 1) * length].reduce(0, +)
      let view = reference.view(at: first + row * length * width, shape: [tokens, width])
      #expect(difference(try states.tensor("hidden.\(row)"), view) < 1e-4, "text \(row)")
    }
  }
}
