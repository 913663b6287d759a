import PluginAPI
import Testing

@testable import Host

@Suite("Laws: losses that break them")
struct BrokenLossTests {
  @Test(arguments: [false, true])
  func anHonestLossKeepsThemAll(joint: Bool) {
    expectKept(checkLoss(ToyLoss(nil, joint: joint)))
  }

  @Test(arguments: ToyLoss.Fault.allCases)
  func eachFaultIsCaught(fault: ToyLoss.Fault) {
    expectBroken(fault.law, in: checkLoss(ToyLoss(fault)))
  }

  @Test(arguments: [ToyLoss.Fault.scoresGradient, .partitionGradient, .sum])
  func faultsOfJointLossesAreCaught(fault: ToyLoss.Fault) {
    expectBroken(fault.law, in: checkLoss(ToyLoss(fault, joint: true)))
  }
}
