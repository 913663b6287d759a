internal import CNumerics

/// Queries, keys and values of packed sequences, for ``Kernels``. Rows are `hidden` wide and stand a stride apart, so that the
/// three may be columns of one matrix.
public struct AttentionInput {
  /// [queries, hidden], rows `queryStride` apart.
  public var q: UnsafePointer<Float>
  /// [keys, hidden] each, rows `keyStride` apart.
  public var k: UnsafePointer<Float>, v: UnsafePointer<Float>
  /// Floats from one row to the next.
  public var queryStride: Int, keyStride: Int
  /// Sequence s asks with rows queries[s] ..< queries[s + 1] and is asked in rows keys[s] ..< keys[s + 1]: at least one where it
  /// asks.
  public var queries: [Int32], keys: [Int32]
  /// Heads, and the width of all of them together.
  public var heads: Int, hidden: Int
  /// Dropout of the probabilities; the mask is a function of (key, sequence, head, query, key).
  public var dropout: Float, key: UInt64

  /// Self-attention of every token: q, k and v side by side in qkv [tokens, 3·hidden].
  public init(
    qkv: UnsafePointer<Float>, offsets: [Int32], heads: Int, hidden: Int, dropout: Float = 0, key: UInt64 = 0
  ) {
    (q, k, v) = (qkv, qkv + hidden, qkv + 2 * hidden)
    (queryStride, keyStride, queries, keys) = (3 * hidden, 3 * hidden, offsets, offsets)
    (self.heads, self.hidden, self.dropout, self.key) = (heads, hidden, dropout, key)
  }

  /// Some tokens ask all: q [queries, hidden], k and v side by side in kv [keys, 2·hidden].
  public init(
    q: UnsafePointer<Float>, queries: [Int32], kv: UnsafePointer<Float>, keys: [Int32], heads: Int, hidden: Int,
    dropout: Float = 0, key: UInt64 = 0
  ) {
    (self.q, k, v) = (q, kv, kv + hidden)
    (queryStride, keyStride, self.queries, self.keys) = (hidden, 2 * hidden, queries, keys)
    (self.heads, self.hidden, self.dropout, self.key) = (heads, hidden, dropout, key)
  }

  func withShape(_ body: (UnsafePointer<calm_attention>) -> Void) {
    precondition(queries.count == keys.count, "\(queries.count - 1) sequences ask and \(keys.count - 1) are asked")
    for s in queries.indices.dropLast() {
      precondition(queries[s] == queries[s + 1] || keys[s] < keys[s + 1], "sequence \(s) asks and has no keys")
    }
    queries.withUnsafeBufferPointer { queries in
      keys.withUnsafeBufferPointer { keys in
        var shape = calm_attention(
          queries: queries.baseAddress, keys: keys.baseAddress, sequences: Int32(queries.count - 1), heads: Int32(heads),
          hidden: Int32(hidden), query_stride: Int32(queryStride), key_stride: Int32(keyStride), dropout: dropout, key: key)
        body(&shape)
      }
    }
  }
}
