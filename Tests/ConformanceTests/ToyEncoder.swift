import PluginAPI
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// An encoder small enough to be broken in one place at a time: the sine of an embedding and a bias, dropped out in training.
final class ToyEncoder: Encoder {
  enum Fault: String, CaseIterable {
    case noWidth, extraVector, vectorForContext, notANumber, cutsSentences, refusesEmptySentences
    case restlessInference, restlessMasks
    case oneMask, otherTraining, wrongFactor, wrongEntry, missingGradient, overwrites, sameNames, otherShape

    /// How the law begins that it breaks.
    var law: String {
      switch self {
      case .noWidth: "the width is positive"
      case .extraVector: "one finite vector a word: the plain view"
      case .vectorForContext: "the number of vectors does not change with the context"
      case .notANumber: "one finite vector a word: odd words"
      case .cutsSentences: "one finite vector a word: a very long sentence"
      case .refusesEmptySentences: "one finite vector a word: a sentence without words"
      case .restlessInference: "inference is deterministic"
      case .restlessMasks: "training is a function of seed and step"
      case .oneMask: "another seed or step draws other dropout masks"
      case .otherTraining: "inference is training without dropout"
      case .wrongFactor, .wrongEntry, .missingGradient: "the gradient agrees with finite differences"
      case .overwrites: "gradients accumulate"
      case .sameNames: "parameter names are unique"
      case .otherShape: "gradients have the shapes of their values"
      }
    }
  }

  private static let rows = 16, columns = 6
  private let fault: Fault?
  private let dropout: Float
  private let table: Parameter, bias: Parameter
  private let passes = Mutex(0)

  init(_ fault: Fault?, dropout: Float = 0.25) {
    self.fault = fault
    self.dropout = dropout
    var random = RandomStream(seed: 1, "toy")
    let values = Tensor(zeros: [Self.rows, Self.columns])
    for i in 0..<values.count { values[i] = Float(random.normal()) }
    table = Parameter("table", group: "encoder", value: values)
    bias = Parameter(
      fault == .sameNames ? "table" : "bias", group: "encoder", value: Tensor(zeros: [Self.columns]),
      gradient: Tensor(zeros: [fault == .otherShape ? 3 : Self.columns]))
  }

  var width: Int { fault == .noWidth ? 0 : Self.columns }
  var parameters: [Parameter] { [table, bias] }

  func encode(_ batch: ViewBatch, mode: Mode) throws -> Forward<WordVectors, Tensor, Void> {
    let pass = passes.withLock { passes in
      passes += 1
      return passes
    }
    var words: [String] = [], offsets = [0]
    for sentence in batch.sentences {
      if fault == .refusesEmptySentences && sentence.words.isEmpty { throw PluginError("a sentence without words") }
      words += fault == .cutsSentences ? Array(sentence.words.prefix(512)) : sentence.words
      offsets.append(words.count)
    }
    if fault == .extraVector || fault == .vectorForContext && batch.view == .augmented { words.append("more") }
    let rows = words.map { $0.utf8.reduce(7) { ($0 * 31 + Int($1)) % Self.rows } }
    let angles = Tensor(zeros: [words.count, Self.columns]), y = Tensor(zeros: angles.shape)
    for i in 0..<y.count {
      angles[i] = table.value[rows[i / Self.columns] * Self.columns + i % Self.columns] + bias.value[i % Self.columns]
      y[i] = sin(angles[i])
    }
    if fault == .notANumber, let odd = words.firstIndex(where: { !$0.utf8.allSatisfy { $0 < 128 } }) {
      y[odd * Self.columns] = .nan
    }
    if fault == .restlessInference && !mode.training && y.count > 0 { y[0] += Float(pass) * 0.01 }
    if fault == .otherTraining && mode.training { y.scale(by: 1.1) }
    var key = mode.stream("toy", view: batch.view).key
    if fault == .oneMask { key = 1 }
    if fault == .restlessMasks { key = UInt64(pass) }
    let probability = mode.training ? dropout : 0
    Kernels.dropout(y.data, count: y.count, probability: probability, key: key)
    return Forward(WordVectors(offsets: offsets, tensor: y)) { [self, key] dy in
      let d = dy.copy()
      Kernels.dropout(d.data, count: d.count, probability: probability, key: key)
      accumulate(d, angles, rows)
    }
  }

  private func accumulate(_ d: Tensor, _ angles: Tensor, _ rows: [Int]) {
    if fault == .overwrites { table.gradient.clear() }
    for i in 0..<d.count {
      let column = i % Self.columns, slope = d[i] * cos(angles[i]) * (fault == .otherTraining ? 1.1 : 1)
      table.gradient[rows[i / Self.columns] * Self.columns + column] += slope * (fault == .wrongFactor ? 1.05 : 1)
      if fault == .missingGradient || fault == .otherShape || fault == .wrongEntry && column == 2 { continue }
      bias.gradient[column] += slope
    }
  }
}
