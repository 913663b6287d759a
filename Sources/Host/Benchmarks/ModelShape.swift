import ArgumentParser

/// The sizes of encoders that people use, for models with random weights: speed does not depend on what the weights are.
enum ModelShape: String, ExpressibleByArgument, CaseIterable {
  case tiny, minilm
  case bertBase = "bert-base"
  case xlmrBase = "xlm-r-base"
  case xlmrLarge = "xlm-r-large"

  struct Sizes {
    var hidden: Int, layers: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int, types: Int
  }

  var sizes: Sizes {
    switch self {
    case .tiny:
      Sizes(hidden: 32, layers: 2, heads: 2, intermediate: 64, vocabulary: 200, positions: 512, types: 2)
    case .minilm:
      Sizes(hidden: 384, layers: 6, heads: 12, intermediate: 1536, vocabulary: 30522, positions: 512, types: 2)
    case .bertBase:
      Sizes(hidden: 768, layers: 12, heads: 12, intermediate: 3072, vocabulary: 28996, positions: 512, types: 2)
    case .xlmrBase:
      Sizes(hidden: 768, layers: 12, heads: 12, intermediate: 3072, vocabulary: 250002, positions: 514, types: 1)
    case .xlmrLarge:
      Sizes(hidden: 1024, layers: 24, heads: 16, intermediate: 4096, vocabulary: 250002, positions: 514, types: 1)
    }
  }
}
