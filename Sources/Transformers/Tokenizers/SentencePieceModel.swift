/// The parts of a SentencePiece model file that decide ids.
struct SentencePieceModel {
  enum Kind: Int {
    case normal = 1
    case unknown
    case control
    case userDefined
    case unused
    case byte
  }

  struct Piece {
    var text: ArraySlice<UInt8> = []
    var score: Float = 0
    var kind: Kind = .normal
  }

  /// `TrainerSpec.ModelType` of a Unigram model.
  static let unigram = 1

  private(set) var pieces: [Piece] = []
  private(set) var modelType = SentencePieceModel.unigram
  private(set) var hasByteFallback = false
  private(set) var unknownID = 0
  private(set) var charsMap: [UInt8] = []
  private(set) var addsDummyPrefix = true
  private(set) var removesExtraSpaces = true
  private(set) var escapesSpaces = true

  /// Reads a model file. Whether the model is one that this module can run is left to the caller.
  init(file: String) throws(TokenizerError) {
    let bytes = try FileContents.read(file)
    do {
      try self.init(bytes)
    } catch {
      throw TokenizerError(
        file: file, problem: "not a SentencePiece model: it has \(error.reason)",
        remedy: "fetch the model's file again; it may be incomplete, or a placeholder for a large file")
    }
  }

  private init(_ bytes: [UInt8]) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(bytes[...])
    while let (number, value) = try reader.next() {
      switch number {
      case 1: pieces.append(try Self.piece(try value.bytes("a piece")))
      case 2: try readTrainer(try value.bytes("the trainer's specification"))
      case 3: try readNormalizer(try value.bytes("the normaliser's specification"))
      default: break
      }
    }
  }

  private static func piece(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) -> Piece {
    var piece = Piece()
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: piece.text = try value.bytes("a piece's text")
      case 2: piece.score = try value.float("a piece's score")
      case 3:
        guard let kind = Kind(rawValue: try value.integer("a piece's type")) else {
          throw ProtobufReader.Malformed(reason: "a piece of an unknown type")
        }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      switch number {
      case 3: modelType = try value.integer("the model type")
      case 35: hasByteFallback = try value.integer("byte_fallback") != 0
      case 40: unknownID = try value.integer("unk_id")
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(message)
    while let (number, value) = try reader.next() {
      switch number {
      case 2: charsMap = Array(try value.bytes("the characters map"))
      case 3: addsDummyPrefix = try value.integer("add_dummy_prefix") != 0
      case 4: removesExtraSpaces = try value.integer("remove_extra_whitespaces") != 0
      case 5: escapesSpaces = try value.integer("escape_whitespaces") != 0
      default: break
      }
    }
  }
}
