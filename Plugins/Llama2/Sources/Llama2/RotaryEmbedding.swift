#if canImport(Glibc)
  import Glibc
#endif

/// Rotary position embedding (Su et al. 2021): halves of a head are rotated by angles that grow with the position.
struct RotaryEmbedding: Sendable, Equatable {
  /// The base of the frequencies.
  var base: Double
  var scaling = Scaling.none
  /// Divisors of the frequencies that the file itself holds, [headSize / 2] (`rope_freqs.weight` of GGUF).
  var divisors: [Float] = []

  enum Scaling: Sendable, Equatable {
    case none
    /// Positions are divided by a factor.
    case linear(factor: Double)
    /// Llama 3.1: long wavelengths are stretched, short ones kept, those between blended.
    case llama3(factor: Double, low: Double, high: Double, original: Double)
  }

  /// The angle a position adds, for each pair of a head.
  func frequencies(headSize: Int) -> [Double] {
    (0..<headSize / 2).map { i in
      let plain = pow(base, -Double(2 * i) / Double(headSize))
      if divisors.count == headSize / 2 { return plain / Double(divisors[i]) }
      switch scaling {
      case .none: return plain
      case .linear(let factor): return plain / factor
      case .llama3(let factor, let low, let high, let original):
        let wavelength = 2 * Double.pi / plain
        if wavelength < original / high { return plain }
        if wavelength > original / low { return plain / factor }
        let share = (original / wavelength - low) / (high - low)
        return (1 - share) * plain / factor + share * plain
      }
    }
  }
}

/// Cosines and sines of positions, [position][headSize / 2], made once.
final class RotaryTable: Sendable {
  let cosine: [Float], sine: [Float]
  let width: Int

  init(_ rotary: RotaryEmbedding, headSize: Int, positions: Int) {
    let frequencies = rotary.frequencies(headSize: headSize)
    width = headSize / 2
    var cosine = [Float](), sine = [Float]()
    cosine.reserveCapacity(positions * width)
    sine.reserveCapacity(positions * width)
    for position in 0..<positions {
      for frequency in frequencies {
        cosine.append(Float(cos(Double(position) * frequency)))
        sine.append(Float(sin(Double(position) * frequency)))
      }
    }
    (self.cosine, self.sine) = (cosine, sine)
  }
}
