import Tokenizers

/// A tokenizer some of whose tokens have no row in the model's table of embeddings, without these tokens: where one is written
/// in a text, it is text as any other.
struct BoundedTokenizer: LanguageTokenizer {
  private let base: any LanguageTokenizer
  private let rows: Int32
  /// The texts of the tokens that are left out.
  private let leftOut: [String]

  init(_ base: any LanguageTokenizer, rows: Int32, leftOut: [String]) {
    self.base = base
    self.rows = rows
    self.leftOut = leftOut.filter { !$0.isEmpty }
  }

  var vocabularySize: Int { Int(rows) }
  var bos: Int32? { base.bos.flatMap(kept) }
  var addsBOS: Bool { base.addsBOS && bos != nil }
  var stopTokens: Set<Int32> { base.stopTokens.filter { $0 < rows } }
  var chatTemplate: String? { base.chatTemplate }

  func id(ofSpecial text: String) -> Int32? { base.id(ofSpecial: text).flatMap(kept) }

  private func kept(_ id: Int32) -> Int32? { id < rows ? id : nil }

  func encode(_ text: String, parsingSpecials: Bool, isFirst: Bool) -> [Int32] {
    let ids = base.encode(text, parsingSpecials: parsingSpecials, isFirst: isFirst)
    guard ids.contains(where: { $0 >= rows }) else { return ids }
    guard let found = leftOut.compactMap({ text.range(ofFirst: $0) }).min(by: { $0.lowerBound < $1.lowerBound }) else {
      return ids.filter { $0 < rows }
    }
    // Cut inside of the token's text it is found no more. A single scalar cannot be cut, and is dropped.
    let cut = text.unicodeScalars.index(after: found.lowerBound)
    let before = text[..<(cut == found.upperBound ? found.lowerBound : cut)]
    return encode(String(before), parsingSpecials: parsingSpecials, isFirst: isFirst)
      + encode(String(text[cut...]), parsingSpecials: parsingSpecials, isFirst: isFirst && before.isEmpty)
  }

  func bytes(of id: Int32) -> [UInt8] { id < rows ? base.bytes(of: id) : [] }

  func decode(_ ids: [Int32]) -> String { base.decode(ids.filter { $0 < rows }) }
}
