import Glibc
import Testing

@testable import Host

struct ChildProcessTests {
  @Test func `arguments go through as they are, and both streams come back`() throws {
    let result = try ChildProcess.run(["sh", "-c", "printf '%s|' \"$@\"; echo oops >&2; exit 3", "-", "a b", "$HOME", "*"])
    #expect(result.outcome == .exited(3))
    #expect(String(decoding: result.output, as: UTF8.self) == "a b|$HOME|*|")
    #expect(result.lastErrorLines(5) == ["oops"])
  }

  @Test func `a child that ends by a signal`() throws {
    #expect(try ChildProcess.run(["sh", "-c", "kill -SEGV $$"]).outcome == .signalled(SIGSEGV))
  }

  @Test func `a child that takes too long is ended`() throws {
    let start = ContinuousClock.now
    #expect(try ChildProcess.run(["sleep", "60"], timeout: .milliseconds(100)).outcome == .timedOut)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `a child that closes its streams is waited for`() throws {
    let result = try ChildProcess.run(["sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 5"])
    #expect(result.outcome == .exited(5))
  }

  @Test func `a grandchild that keeps the streams open is not waited for`() throws {
    let start = ContinuousClock.now
    let result = try ChildProcess.run(["sh", "-c", "sleep 30 & echo done"])
    #expect(result.outcome == .exited(0) && result.output == Array("done\n".utf8))
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `of much output the end is kept`() throws {
    let result = try ChildProcess.run(["sh", "-c", "seq 1 200000; echo last >&2"], capacity: 1000)
    #expect(result.output.count == 1000 && String(decoding: result.output, as: UTF8.self).hasSuffix("199999\n200000\n"))
    #expect(result.lastErrorLines(1) == ["last"])
  }

  @Test func `standard input is empty`() throws {
    #expect(try ChildProcess.run(["cat"], timeout: .seconds(20)).outcome == .exited(0))
  }

  @Test func `a program that is not there`() {
    let error = #expect(throws: ChildProcess.StartError.self) { try ChildProcess.run(["no-such-program-here"]) }
    #expect(error?.description == "cannot start `no-such-program-here`: No such file or directory")
    #expect(throws: ChildProcess.StartError.self) { try ChildProcess.run([]) }
  }

  @Test func `many at once`() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<16 {
        group.addTask {
          let result = try ChildProcess.run(["sh", "-c", "echo \(index)"])
          return result.output == Array("\(index)\n".utf8) && result.outcome == .exited(0)
        }
      }
      for try await fine in group { #expect(fine) }
    }
  }
}
