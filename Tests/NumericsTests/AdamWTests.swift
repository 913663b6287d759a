import PluginAPI
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension KernelTwins {
  @Suite("AdamW") struct AdamW {
    struct Setting: CustomTestStringConvertible {
      var rate: Float = 1e-2, decay: Float = 0, epsilon: Float = 1e-6, scale: Float = 1
      var testDescription: String { "rate \(rate), decay \(decay), epsilon \(epsilon), gradients times \(scale)" }
    }

    @Test(arguments: [Setting(), Setting(decay: 0.1), Setting(epsilon: 0.1), Setting(rate: 0.3, scale: 0.25)], [1, 2])
    func severalSteps(setting: Setting, threads: Int) {
      let beta1: Float = 0.9, beta2: Float = 0.999
      for count in sizes + [16_385, 40_000, anySize(upTo: 50_000)] {
        var random = RandomStream(seed: 1, "adamw \(count)")
        let start = Tensor.random([count], &random), gradients = (0..<4).map { _ in Tensor.random([count], &random) }
        var w = start.doubles, m = [Double](repeating: 0, count: count), v = m
        for (step, gradient) in gradients.enumerated() {
          let correction1 = 1 - pow(Double(beta1), Double(step + 1)), correction2 = 1 - pow(Double(beta2), Double(step + 1))
          for i in 0..<count {
            let g = Double(gradient[i]) * Double(setting.scale)
            m[i] = Double(beta1) * m[i] + (1 - Double(beta1)) * g
            v[i] = Double(beta2) * v[i] + (1 - Double(beta2)) * g * g
            w[i] *= 1 - Double(setting.rate) * Double(setting.decay)
            w[i] -= Double(setting.rate) * (m[i] / correction1) / ((v[i] / correction2).squareRoot() + Double(setting.epsilon))
          }
        }
        func run() -> [Tensor] {
          let value = start.copy(), m = Tensor(zeros: [count]), v = Tensor(zeros: [count])
          for (step, gradient) in gradients.enumerated() {
            Kernels.adamW(
              value: value, m: m, v: v, gradient: gradient,
              AdamWRule(
                gradientScale: setting.scale, rate: setting.rate, beta1: beta1, beta2: beta2, epsilon: setting.epsilon,
                weightDecay: setting.decay, step: step + 1))
          }
          return [value, m, v]
        }
        onThreads(threads) {
          let results = run()
          expectClose(results[0], w, 2e-6, "weights")
          expectClose(results[1], m, 1e-6, "first moment")
          expectClose(results[2], v, 1e-6, "second moment")
          expectRepeatable { run() }
        }
        #expect(onThreads(1) { run().map(\.bits) } == onThreads(2) { run().map(\.bits) })
      }
    }

    @Test func withoutAGradientOnlyDecayMoves() {
      let value = Tensor([2, -4], shape: [2]), m = Tensor(zeros: [2]), v = Tensor(zeros: [2]), gradient = Tensor(zeros: [2])
      Kernels.adamW(
        value: value, m: m, v: v, gradient: gradient, AdamWRule(rate: 0.5, epsilon: 1e-8, weightDecay: 0.5, step: 1))
      #expect(value.values == [1.5, -3])
    }
  }
}
