/// Loads the tokenizer of a Hugging Face folder, chosen by the files that are there: `tokenizer.json` of any of the three kinds,
/// else `sentencepiece.bpe.model` (XLM-RoBERTa), `vocab.json` with `merges.txt` (RoBERTa), or `vocab.txt` (BERT).
/// `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` are read where they are there.
///
/// Throws where none of these is there, where a file is damaged, where `tokenizer.json` asks for something that would give other
/// ids here, and where without one the `tokenizer_class` is another than these files' own.
public func loadTokenizer(folder: String) throws(TokenizerError) -> any Tokenizer {
  let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
  func has(_ name: String) -> Bool { FileContents.exists(folder + "/" + name) }
  let configuration = try TokenizerConfiguration(folder: folder)
  if has("tokenizer.json") {
    let file = try TokenizerFile(folder + "/tokenizer.json")
    switch file.modelType {
    case "WordPiece": return try WordPieceTokenizer(file, configuration)
    case "Unigram": return try UnigramTokenizer(file, configuration)
    case "BPE": return try BytePairTokenizer(file, configuration)
    default: throw file.refusal("the model \(file.modelType)")
    }
  }
  try TokenizerClass(folder: folder, configuration)?.check()
  if has("sentencepiece.bpe.model") {
    return try UnigramTokenizer(sentencePieceModel: folder + "/sentencepiece.bpe.model", configuration)
  }
  if has("vocab.json"), has("merges.txt") { return try BytePairTokenizer(vocabularyIn: folder, configuration) }
  if has("vocab.txt") { return try WordPieceTokenizer(vocabularyIn: folder, configuration) }
  throw TokenizerError(
    file: folder,
    problem: "no tokenizer.json, sentencepiece.bpe.model, vocab.json with merges.txt, or vocab.txt in the folder",
    remedy: "put the model's tokenizer files into its folder, or check that this is a model's folder")
}
