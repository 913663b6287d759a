internal import FoundationEssentials
import PluginAPI

/// The tensors of a language model, from a GGUF file or a Hugging Face folder, under the names of the latter.
enum ModelFile {
  case gguf(GGUFFile)
  case folder(Checkpoint)

  /// Opens a `.gguf` file, a folder with one, or a Hugging Face folder.
  init(path: String) throws {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Diagnostic("M401", "there is no model at \(path)", hint: "give a .gguf file or a Hugging Face folder")
    }
    do {
      guard isFolder else {
        self = .gguf(try GGUFFile(path: path))
        return
      }
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".gguf") }
      if !FileManager.default.fileExists(atPath: path + "/config.json"), !names.isEmpty {
        guard names.count == 1 else {
          throw Diagnostic(
            "M401", "\(path) has \(names.count) GGUF files", hint: "name one: \(names.sorted().joined(separator: ", "))")
        }
        self = .gguf(try GGUFFile(path: path + "/" + names[0]))
      } else {
        self = .folder(try Checkpoint(folder: path))
      }
    } catch let error as WeightsError {
      throw Diagnostic("M402", "\(error)", hint: "is its download complete? If not, download it again")
    }
  }

  var path: String {
    switch self {
    case .gguf(let file): file.file.path
    case .folder(let checkpoint): checkpoint.folder
    }
  }

  /// The files that hold weights, for digests.
  var paths: [String] {
    switch self {
    case .gguf(let file): [file.file.path]
    case .folder(let checkpoint): checkpoint.paths
    }
  }

  private static let layerParts = [
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
  ]

  /// The name in the file.
  private func stored(_ name: String) -> String {
    guard case .gguf = self else { return name }
    switch name {
    case "model.embed_tokens.weight": return "token_embd.weight"
    case "model.norm.weight": return "output_norm.weight"
    case "lm_head.weight": return "output.weight"
    default:
      let parts = name.split(separator: ".")
      guard parts.count > 4, let part = Self.layerParts[parts[3..<parts.count - 1].joined(separator: ".")] else { return name }
      return "blk.\(parts[2]).\(part).weight"
    }
  }

  /// The names that this file has and nobody asked for, other than `used`.
  func surplus(_ used: Set<String>) -> [String] {
    let names: Set<String>
    switch self {
    case .gguf(let file): names = Set(file.entries.keys)
    case .folder(let checkpoint): names = checkpoint.names
    }
    // Old conversions store the frequencies that follow from the configuration.
    return names.subtracting(used.map(stored)).filter { !$0.hasSuffix("rotary_emb.inv_freq") && $0 != "rope_freqs.weight" }
      .sorted()
  }

  /// The shape of a tensor, nil where there is none.
  func shape(_ name: String) -> [Int]? {
    switch self {
    case .gguf(let file): file.entries[stored(name)]?.shape
    case .folder(let checkpoint): checkpoint.shape(name)
    }
  }

  /// Refuses a tensor that is missing or has another shape.
  func check(_ name: String, _ shape: [Int]) throws {
    guard let found = self.shape(name) else {
      throw Diagnostic("M403", "\(path) has no tensor `\(stored(name))`", hint: "is the file complete, and of a Llama model?")
    }
    guard found == shape else {
      throw Diagnostic(
        "M403", "\(path): tensor `\(stored(name))` has shape \(found); the model's sizes ask for \(shape)",
        hint: "configuration and weights are of different models")
    }
  }

  /// A tensor as float32.
  func tensor(_ name: String) throws -> Tensor {
    do {
      switch self {
      case .gguf(let file): return try file.tensor(stored(name))
      case .folder(let checkpoint):
        let out = Tensor(zeros: checkpoint.shape(name) ?? [])
        try checkpoint.read(name, into: out)
        return out
      }
    } catch let error as WeightsError { throw Diagnostic("M403", "\(error)") }
  }

  /// The bytes of a tensor whose blocks can be used as they are; nil for one that has to be read as float32.
  func blocks(_ name: String) -> (type: BlockType, bytes: UnsafeRawBufferPointer)? {
    guard case .gguf(let file) = self, let entry = file.entries[stored(name)], let type = entry.type.block else { return nil }
    return (type, UnsafeRawBufferPointer(rebasing: file.file.bytes[entry.range]))
  }

  /// Tells models apart: their weights, configuration and tokenizer.
  func digest() throws -> String {
    var paths = self.paths
    if case .folder(let checkpoint) = self {
      // What else a folder holds shows in the fingerprint, as far as the prompt depends on it.
      paths += ["config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"].map {
        checkpoint.folder + "/" + $0
      }.filter { FileManager.default.fileExists(atPath: $0) }
    }
    do {
      return try paths.map { try MappedFile(path: $0).contentDigest }.joined(separator: "+")
    } catch let error as WeightsError { throw Diagnostic("M402", "\(error)") }
  }
}
