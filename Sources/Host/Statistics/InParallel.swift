import PluginAPI

/// `body(0) … body(count - 1)`, computed on the process's threads; the order of the values does not depend on them.
func inParallel<Value: Sendable>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
  var values = [Value?](repeating: nil, count: count)
  values.withUnsafeMutableBufferPointer { places in
    // Each task writes a place of its own.
    let places = places
    Threads.parallel(count) { places[$0] = body($0) }
  }
  return values.compactMap { $0 }
}
