/// The merges of a byte-pair model as files list them: texts, in the order of their ranks.
struct MergeList {
  private struct Merge {
    let left: ArraySlice<UInt8>
    let right: ArraySlice<UInt8>
    let place: Int
  }

  private let file: String
  /// What an error calls the merge of a number.
  private let name: (Int) -> String
  private var merges: [Merge] = []

  init(file: String, name: @escaping (Int) -> String) {
    self.file = file
    self.name = name
  }

  var count: Int { merges.count }

  /// Appends a pair that is written as two pieces with a space between them.
  mutating func append(_ line: ArraySlice<UInt8>, place: Int) throws(TokenizerError) {
    let pieces = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard pieces.count == 2 else { throw noPair(place) }
    merges.append(Merge(left: pieces[0], right: pieces[1], place: place))
  }

  /// Appends the merges of a `tokenizer.json`: each a text with a space between its two pieces, or, in newer files, a list of two.
  mutating func append(_ list: JSON?) throws(TokenizerError) {
    guard list?.isArray ?? true else {
      throw TokenizerError(
        file: file, problem: "its merges are no list", remedy: "fetch the model's file again; it may be incomplete")
    }
    try list?.forEachElement { (merge) throws(TokenizerError) in
      if let text = merge.bytes {
        try append(text, place: merges.count)
      } else if let list = merge.elements, list.count == 2, let left = list[0].bytes, let right = list[1].bytes {
        merges.append(Merge(left: left, right: right, place: merges.count))
      } else {
        throw noPair(merges.count)
      }
    }
  }

  private func noPair(_ place: Int) -> TokenizerError {
    TokenizerError(
      file: file, problem: "\(name(place)) is not a pair of pieces", remedy: "use the merges that came with the model")
  }

  /// The ids of the pairs and of what they make.
  func ids(_ vocabulary: Vocabulary) throws(TokenizerError) -> [(left: Int32, right: Int32, id: Int32)] {
    guard !merges.isEmpty else {
      throw TokenizerError(
        file: file, problem: "it has no merges", remedy: "fetch the model's file again; it may be incomplete")
    }
    var ids: [(left: Int32, right: Int32, id: Int32)] = []
    ids.reserveCapacity(merges.count)
    for merge in merges {
      func id(_ piece: ArraySlice<UInt8>) throws(TokenizerError) -> Int32 {
        if let id = vocabulary.id(of: piece) { return id }
        let text = String(decoding: piece, as: UTF8.self)
        throw TokenizerError(
          file: file, problem: "\(name(merge.place)) needs the piece \"\(text)\", which the vocabulary lacks",
          remedy: "use the vocabulary and the merges of the same model")
      }
      ids.append((try id(merge.left), try id(merge.right), try id(merge.left + merge.right)))
    }
    return ids
  }
}
