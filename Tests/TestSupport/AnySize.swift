#if canImport(Glibc)
  import Glibc
#endif

/// A size that nobody chose, another one at every run: 1 to `most`, small ones as often as large ones, half of them within one
/// of a multiple of a vector's width. Tests draw their numbers from a stream named after the shape, and name the shape when they
/// fail: written into the list of fixed shapes it fails again.
public func anySize(upTo most: Int) -> Int {
  let size = Int(exp(Double.random(in: 0...log(Double(most) + 0.999))))
  guard Bool.random() else { return size }
  let width = [8, 12, 16, 32].randomElement() ?? 8
  return min(max(1, (size + width / 2) / width * width + Int.random(in: -1...1)), most)
}

/// So many of such sizes.
public func anySizes(_ count: Int, upTo most: Int) -> [Int] { (0..<count).map { _ in anySize(upTo: most) } }
