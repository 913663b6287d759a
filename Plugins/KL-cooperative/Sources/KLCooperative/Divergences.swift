import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// T² · KL(softmax(teacher / T) ‖ softmax(student / T)), summed over words and tags, divided by sentences; the teacher is
/// detached. The scores are α + β [words, tags]: the CRF itself is not tempered (CLNER's `distill_posterior`).
/// - Returns: the value and its gradient with respect to the student's scores, T · (q − p) / sentences.
func klDivergence(
  teacher: ViewOutput, student: ViewOutput, temperature: Double
) throws -> (value: Double, gradient: Tensor) {
  let p = teacher.posterior.tokenScores, q = student.posterior.tokenScores
  guard p.shape == q.shape else { throw PluginError("the views' posteriors differ in shape: \(p.shape) and \(q.shape)") }
  let rows = q.shape[0], tags = q.shape[1]
  let gradient = Tensor(zeros: q.shape)
  let scale = temperature * temperature / Double(max(1, student.sentences))
  var value = 0.0
  var logP = [Double](repeating: 0, count: tags), logQ = logP
  for row in 0..<rows {
    logSoftmax(p.data + row * tags, temperature, &logP)
    logSoftmax(q.data + row * tags, temperature, &logQ)
    for j in 0..<tags {
      let probability = exp(logP[j])
      if probability > 0 { value += probability * (logP[j] - logQ[j]) }
      gradient.data[row * tags + j] = Float(scale / temperature * (exp(logQ[j]) - probability))
    }
  }
  return (value * scale, gradient)
}

/// out = log softmax(scores / T)
private func logSoftmax(_ scores: UnsafePointer<Float>, _ temperature: Double, _ out: inout [Double]) {
  var top = -Double.infinity
  for j in out.indices { top = max(top, Double(scores[j]) / temperature) }
  var sum = 0.0
  for j in out.indices {
    out[j] = Double(scores[j]) / temperature - top
    sum += exp(out[j])
  }
  let normaliser = log(sum)
  for j in out.indices { out[j] -= normaliser }
}

/// Σ (student − teacher)² over word vectors, divided by sentences and width; the teacher is detached (CLNER's
/// `calculate_l2_loss`).
/// - Returns: the value and its gradient with respect to the student's word vectors.
func squaredDistance(teacher: ViewOutput, student: ViewOutput) throws -> (value: Double, gradient: Tensor) {
  let t = teacher.words.tensor, s = student.words.tensor
  guard t.shape == s.shape else { throw PluginError("the views' word vectors differ in shape: \(t.shape) and \(s.shape)") }
  let scale = 1 / (Double(max(1, student.sentences)) * Double(max(1, s.shape[1])))
  let gradient = Tensor(zeros: s.shape)
  var value = 0.0
  for i in 0..<s.count {
    let difference = Double(s.data[i]) - Double(t.data[i])
    value += difference * difference
    gradient.data[i] = Float(2 * scale * difference)
  }
  return (value * scale, gradient)
}
