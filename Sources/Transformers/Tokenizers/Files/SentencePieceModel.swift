/// The parts of a SentencePiece model file that decide ids.
struct SentencePieceModel {
  /// `TrainerSpec.ModelType` of a Unigram model.
  private static let unigram = 1
  /// `SentencePiece.Type` of the unknown piece.
  private static let unknown = 2

  /// In the order of their ids.
  private(set) var pieces = PackedStrings()
  private(set) var scores: [Double] = []
  /// The normaliser's map; empty where there is none.
  private(set) var charsMap: [UInt8] = []
  private var modelType = SentencePieceModel.unigram
  private var firstKind = 0

  /// Reads the file of a Unigram model whose first pieces are the unknown one, "<s>" and "</s>".
  init(file: String) throws(TokenizerError) {
    let bytes = try FileContents.read(file)
    do {
      try read(bytes)
    } catch {
      throw TokenizerError(
        file: file, problem: "not a SentencePiece model: it has \(error.reason)",
        remedy: "fetch the model's file again; it may be incomplete, or a placeholder for a large file")
    }
    guard modelType == Self.unigram, pieces.count > 3, firstKind == Self.unknown else {
      throw TokenizerError(
        file: file,
        problem: "a SentencePiece model of another kind than XLM-RoBERTa's: that is a Unigram model that begins "
          + "with <unk>, <s> and </s>",
        remedy: "use the sentencepiece.bpe.model of an XLM-RoBERTa model")
    }
  }

  private mutating func read(_ bytes: [UInt8]) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(bytes[...])
    while let (number, value) = try reader.next() {
      switch number {
      case 1: try readPiece(try value.bytes("a piece"))
      case 2: try readTrainer(try value.bytes("the trainer's specification"))
      case 3: try readNormalizer(try value.bytes("the normaliser's specification"))
      default: break
      }
    }
  }

  private mutating func readPiece(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    var (text, score, kind) = (message.prefix(0), Float(0), 1)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: text = try value.bytes("a piece's text")
      case 2: score = try value.float("a piece's score")
      case 3: kind = try value.integer("a piece's type")
      default: break
      }
    }
    guard text.withUnsafeBufferPointer(UTF8Coding.isValid), score.isFinite else {
      throw ProtobufReader.Malformed(reason: "a piece that is no text or whose score is no number")
    }
    if pieces.count == 0 { firstKind = kind }
    pieces.append(text)
    scores.append(Double(score))
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      if number == 3 { modelType = try value.integer("the model type") }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      if number == 2 { charsMap = Array(try value.bytes("the characters map")) }
    }
  }
}
