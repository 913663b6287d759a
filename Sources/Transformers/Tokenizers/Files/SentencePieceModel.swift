/// The parts of a SentencePiece model file that decide ids.
struct SentencePieceModel {
  /// `TrainerSpec.ModelType`.
  static let unigram = 1
  static let bytePair = 2

  let file: String
  /// In the order of their ids.
  private(set) var pieces = PackedStrings()
  private(set) var scores: [Double] = []
  /// `SentencePiece.Type` of each piece.
  private(set) var kinds: [Int] = []
  private(set) var modelType = SentencePieceModel.unigram
  /// Whether characters that are no piece are written as bytes.
  private(set) var fallsBackToBytes = false
  private(set) var marksWordEnds = false
  private(set) var unk = 0
  private(set) var bos = 1
  private(set) var eos = 2
  /// The normaliser's map; empty where there is none.
  private(set) var charsMap: [UInt8] = []
  private(set) var addsPrefix = true
  private(set) var removesExtraSpaces = true
  private(set) var marksSpaces = true

  init(file: String) throws(TokenizerError) {
    self.file = file
    let bytes = try FileContents.read(file)
    do {
      try read(bytes)
    } catch {
      throw TokenizerError(
        file: file, problem: "not a SentencePiece model: it has \(error.reason)",
        remedy: "fetch the model's file again; it may be incomplete, or a placeholder for a large file")
    }
  }

  /// Refuses everything but a Unigram model whose first pieces are the unknown one, "<s>" and "</s>".
  func checkIsOfXLMRoberta() throws(TokenizerError) {
    guard modelType == Self.unigram, pieces.count > 3, kinds.first == Int(PiecePairModel.Kind.unknown.rawValue) else {
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
    pieces.append(text)
    kinds.append(kind)
    scores.append(Double(score))
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      switch number {
      case 3: modelType = try value.integer("the model type")
      case 24: marksWordEnds = try value.integer("treat_whitespace_as_suffix") != 0
      case 35: fallsBackToBytes = try value.integer("byte_fallback") != 0
      case 40: unk = try value.integer("unk_id")
      case 41: bos = try value.integer("bos_id")
      case 42: eos = try value.integer("eos_id")
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      switch number {
      case 2: charsMap = Array(try value.bytes("the characters map"))
      case 3: addsPrefix = try value.integer("add_dummy_prefix") != 0
      case 4: removesExtraSpaces = try value.integer("remove_extra_whitespaces") != 0
      case 5: marksSpaces = try value.integer("escape_whitespaces") != 0
      default: break
      }
    }
  }
}
