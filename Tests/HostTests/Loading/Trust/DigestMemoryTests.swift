import Glibc
import Testing

@testable import Host

struct DigestMemoryTests {
  /// What is remembered is of these very bytes: a file that is written again, or another one under its name, has its own digest.
  @Test func `a changed file has another digest`() throws {
    let lab = try LoadingLab()
    let path = try lab.write(Array("one".utf8), as: "libA.so")
    let first = try DigestMemory.sha256(of: PluginFile(path: path))
    #expect(first == Digest.sha256(of: Array("one".utf8)))
    #expect(try DigestMemory.sha256(of: PluginFile(path: path)) == first)
    usleep(20_000)
    _ = try lab.write(Array("two".utf8), as: "libA.so")
    #expect(try DigestMemory.sha256(of: PluginFile(path: path)) == Digest.sha256(of: Array("two".utf8)))
    let other = try lab.write(Array("six".utf8), as: "libB.so")
    #expect(rename(other, path) == 0)
    #expect(try DigestMemory.sha256(of: PluginFile(path: path)) == Digest.sha256(of: Array("six".utf8)))
  }
}
