extension SpecialTokenIDs {
  /// The ids that a template and the names of a configuration give. A padding token that the vocabulary lacks is id 0: padded
  /// positions are masked, any id that has an embedding will do.
  init(
    _ template: SequenceTemplate, unk: Int32, _ vocabulary: Vocabulary, padding: String, mask: String, file: String
  ) throws(TokenizerError) {
    guard let cls = template.prefix.first, let sep = template.suffix.last else {
      throw TokenizerError(
        file: file, problem: "its post-processor puts no special tokens around a text",
        remedy: "use the tokenizer of an encoder of the BERT family")
    }
    self.init(cls: cls, sep: sep, pad: vocabulary.id(of: padding) ?? 0, unk: unk, mask: vocabulary.id(of: mask))
  }
}
