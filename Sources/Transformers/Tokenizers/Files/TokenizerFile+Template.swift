extension TokenizerFile {
  /// The special tokens around a text and a pair of texts.
  func template() throws(TokenizerError) -> SequenceTemplate {
    let processors = steps("post_processor").filter { $0.type != "ByteLevel" }  // it moves offsets only
    guard processors.count == 1 else { throw refusal("\(processors.count) post-processors; it does one") }
    let (type, settings) = processors[0]
    switch type {
    case "TemplateProcessing": return try parse(settings)
    case "BertProcessing", "RobertaProcessing":
      guard let cls = settings["cls"]?.elements?.last?.id, let sep = settings["sep"]?.elements?.last?.id else {
        throw malformed("\(type) names no cls or no sep")
      }
      // RoBERTa separates texts by two tokens and has one token type.
      return type == "BertProcessing"
        ? SequenceTemplate(prefix: [cls], separator: [sep], suffix: [sep], secondTypeID: 1)
        : SequenceTemplate(prefix: [cls], separator: [sep, sep], suffix: [sep], secondTypeID: 0)
    default: throw refusal("the post-processor \(type)")
    }
  }

  /// The special token that begins a sequence; nil where none does.
  func firstSpecialToken() throws(TokenizerError) -> Int32? {
    let processors = steps("post_processor").filter { $0.type != "ByteLevel" }
    return processors.isEmpty ? nil : try template().prefix.first
  }

  /// Special tokens before, between and behind the texts, and the token types of each part; texts are numbered from 0.
  private struct Sequence: Equatable {
    var parts: [[Int32]] = [[]]
    var types: [[Int]] = [[]]
  }

  private func parse(_ settings: JSON) throws(TokenizerError) -> SequenceTemplate {
    let single = try sequence(settings, "single", ["A"]), pair = try sequence(settings, "pair", ["A", "B"])
    // A text's type is the last of the part before it.
    let second = pair.types[1].last ?? 0
    guard single.types.joined().allSatisfy({ $0 == 0 }), pair.types[0].allSatisfy({ $0 == 0 }),
      pair.types[1].dropLast().allSatisfy({ $0 == 0 }), pair.types[2].allSatisfy({ $0 == second }),
      pair.parts[0] == single.parts[0], pair.parts[2] == single.parts[1]
    else { throw refusal("this TemplateProcessing: a pair has to begin and end as a single text does") }
    return SequenceTemplate(
      prefix: pair.parts[0], separator: pair.parts[1], suffix: pair.parts[2], secondTypeID: Int32(second))
  }

  private func sequence(_ settings: JSON, _ key: String, _ texts: [String]) throws(TokenizerError) -> Sequence {
    var sequence = Sequence()
    for item in settings[key]?.elements ?? [] {
      if let text = item["Sequence"] {
        guard sequence.parts.count <= texts.count, text["id"]?.string == texts[sequence.parts.count - 1] else {
          throw malformed("TemplateProcessing has other texts in \(key) than \(texts.joined(separator: ", "))")
        }
        sequence.types[sequence.parts.count - 1].append(Int(text["type_id"]?.id ?? 0))
        sequence.parts.append([])
        sequence.types.append([])
      } else if let token = item["SpecialToken"], let name = token["id"]?.string,
        let ids = settings["special_tokens"]?[name]?["ids"]?.elements
      {
        sequence.parts[sequence.parts.count - 1] += ids.compactMap(\.id)
        sequence.types[sequence.parts.count - 1].append(Int(token["type_id"]?.id ?? 0))
      } else {
        throw malformed("TemplateProcessing has a part in \(key) that is neither a text nor a known special token")
      }
    }
    guard sequence.parts.count == texts.count + 1 else {
      throw malformed("TemplateProcessing lacks a text in \(key)")
    }
    return sequence
  }
}
