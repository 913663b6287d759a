import PluginAPI
import Testing

@testable import Host

@Suite("Laws: augmentors that break them")
struct BrokenAugmentorTests {
  @Test func anHonestAugmentorKeepsThemAll() async {
    expectKept(await checkAugmentor(ToyAugmentor(nil), manifest: ToyAugmentor.manifest()))
  }

  @Test(arguments: ToyAugmentor.Fault.allCases)
  func eachFaultIsCaught(fault: ToyAugmentor.Fault) async {
    let results = await checkAugmentor(ToyAugmentor(fault), manifest: ToyAugmentor.manifest(), patience: .milliseconds(50))
    expectBroken(fault.law, in: results)
  }

  /// A live search need not say the same twice; everything else holds for it.
  @Test func recordedTextsAreNotCompared() async {
    let untried: Set = ["equal requests get equal texts", "texts depend neither on order nor on batch"]
    expectKept(
      await checkAugmentor(ToyAugmentor(.forgetsSeed), manifest: ToyAugmentor.manifest(seeded: false)), untried: untried)
    let results = await checkAugmentor(ToyAugmentor(.repeats), manifest: ToyAugmentor.manifest(seeded: false))
    expectBroken("every index is answered exactly once", in: results)
  }
}
