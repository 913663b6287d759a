import PluginAPI
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// The forward pass of ``TinyLlama`` as one would write it down, in float64: a position at a time, without any cache.
struct LlamaNaive {
  private let weights: [String: [Double]]
  /// The angle a position adds, for each pair of a head.
  let frequencies: [Double]
  var window: Int?
  /// The matrix that gives the logits.
  var head = "model.embed_tokens.weight"
  private let hidden = 32, heads = 4, keyValueHeads = 2, size = 16, layers = 2

  init(folder: String, frequencies: [Double]) throws {
    let file = try SafeTensors(path: folder + "/model.safetensors")
    weights = try Dictionary(uniqueKeysWithValues: file.entries.keys.map { ($0, try file.tensor($0).doubles) })
    self.frequencies = frequencies
  }

  /// The logits behind every token.
  func logits(_ tokens: [Int32]) -> [Double] {
    let table = weights["model.embed_tokens.weight"] ?? []
    var states = tokens.map { Array(table[Int($0) * hidden..<(Int($0) + 1) * hidden]) }
    for layer in 0..<layers {
      let p = "model.layers.\(layer)."
      let normed = states.map { norm($0, p + "input_layernorm.weight") }
      let attended = attention(
        queries: normed.map { times(p + "self_attn.q_proj.weight", $0) },
        keys: normed.map { times(p + "self_attn.k_proj.weight", $0) },
        values: normed.map { times(p + "self_attn.v_proj.weight", $0) })
      for t in states.indices { states[t] = sum(states[t], times(p + "self_attn.o_proj.weight", attended[t])) }
      for t in states.indices {
        let x = norm(states[t], p + "post_attention_layernorm.weight")
        let gate = times(p + "mlp.gate_proj.weight", x), up = times(p + "mlp.up_proj.weight", x)
        let inner = zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
        states[t] = sum(states[t], times(p + "mlp.down_proj.weight", inner))
      }
    }
    return states.flatMap { times(head, norm($0, "model.norm.weight")) }
  }

  /// Heads of queries share those of keys and values in groups of neighbours.
  private func attention(queries: [[Double]], keys: [[Double]], values: [[Double]]) -> [[Double]] {
    queries.indices.map { t in
      (0..<heads).flatMap { head -> [Double] in
        let shared = head / (heads / keyValueHeads), first = window.map { max(0, t + 1 - $0) } ?? 0
        let query = rotated(part(queries[t], head), t)
        let scores = (first...t).map { s -> Double in
          exp(dot(query, rotated(part(keys[s], shared), s)) / Double(size).squareRoot())
        }
        let total = scores.reduce(0, +)
        var out = [Double](repeating: 0, count: size)
        for (s, score) in zip(first...t, scores) {
          out = sum(out, part(values[s], shared).map { $0 * score / total })
        }
        return out
      }
    }
  }

  private func part(_ x: [Double], _ head: Int) -> [Double] { Array(x[head * size..<(head + 1) * size]) }

  /// Pairs are a number of a head's first half and one of its second.
  private func rotated(_ x: [Double], _ position: Int) -> [Double] {
    var y = x
    for (i, frequency) in frequencies.enumerated() {
      let c = cos(Double(position) * frequency), s = sin(Double(position) * frequency), j = i + size / 2
      y[i] = x[i] * c - x[j] * s
      y[j] = x[j] * c + x[i] * s
    }
    return y
  }

  private func norm(_ x: [Double], _ name: String) -> [Double] {
    let root = (dot(x, x) / Double(x.count) + 1e-5).squareRoot()
    return zip(x, weights[name] ?? []).map { $0 / root * $1 }
  }

  private func times(_ name: String, _ x: [Double]) -> [Double] {
    let matrix = weights[name] ?? []
    return stride(from: 0, to: matrix.count, by: x.count).map { dot(Array(matrix[$0..<$0 + x.count]), x) }
  }

  private func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }

  private func sum(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 + $1 } }
}
