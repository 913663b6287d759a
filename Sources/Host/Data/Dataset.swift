/// A sentence of a column file.
struct Sentence: Sendable, Hashable {
  var words: [String]
  /// One tag a word, as the file has them; empty where the sentence is unlabelled.
  var tags: [String]
  /// The file's line of the first word; word i stands on line `line + i`.
  var line: Int
  /// Which document it is from, counted from 0; 0 everywhere in a file that marks no documents.
  var document: Int

  /// The words, joined by single spaces.
  var text: String { words.joined(separator: " ") }
}

/// The sentences of one file.
struct Dataset: Sendable, Hashable {
  var path: String
  var sentences: [Sentence]
  /// How many documents `-DOCSTART-` lines mark; 0 where there are none.
  var documentCount = 0

  /// The file's name without its folder.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  /// The number of words.
  var tokenCount: Int { sentences.reduce(0) { $0 + $1.words.count } }
}
