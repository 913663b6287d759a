public import Weights

/// Loads the tokenizer of a language model's Hugging Face folder: `tokenizer.model` (SentencePiece's byte-pair encoding), else
/// `tokenizer.json` (byte-level BPE, or SentencePiece's with bytes for what is no piece). `tokenizer_config.json`,
/// `generation_config.json`, `config.json` and `chat_template.jinja` are read where they are there.
///
/// Throws where neither of the two is there, where a file is damaged, and where one asks for something that would give other ids
/// here.
public func loadLanguageTokenizer(folder: String) throws(TokenizerError) -> any LanguageTokenizer {
  let folder = try LanguageFolder(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)
  if FileContents.exists(folder.path + "/tokenizer.model") {
    return try PieceLanguageTokenizer(try SentencePieceModel(file: folder.path + "/tokenizer.model"), folder)
  }
  guard FileContents.exists(folder.path + "/tokenizer.json") else {
    throw TokenizerError(
      file: folder.path, problem: "no tokenizer.model or tokenizer.json in the folder",
      remedy: "put the model's tokenizer files into its folder, or check that this is a language model's folder")
  }
  let file = try TokenizerFile(folder.path + "/tokenizer.json", known: "GPT-2, SmolLM, Llama 2 or Llama 3")
  guard file.modelType == "BPE" else { throw file.refusal("the model \(file.modelType) of a language model") }
  return file.steps("pre_tokenizer").contains { $0.type == "ByteLevel" }
    ? try ByteLevelLanguageTokenizer(file, folder) : try PieceLanguageTokenizer(file, folder)
}

/// Loads the tokenizer of a GGUF file: `tokenizer.ggml.model` is `llama` (SentencePiece's byte-pair encoding) or `gpt2` (byte-level,
/// with the words of `tokenizer.ggml.pre`). Ids are llama.cpp's.
///
/// Throws where the file has no tokenizer or another one, and where its lists contradict each other.
public func loadLanguageTokenizer(gguf: GGUFFile) throws(TokenizerError) -> any LanguageTokenizer {
  let source = try GGUFTokenizerSource(gguf)
  switch source.model {
  case "llama": return try PieceLanguageTokenizer(source)
  case "gpt2": return try ByteLevelLanguageTokenizer(source)
  default:
    throw source.fault(
      "tokenizer.ggml.model", "is \"\(source.model)\", which this program cannot do; it does \"llama\" and \"gpt2\"",
      "use a model of the Llama family")
  }
}
