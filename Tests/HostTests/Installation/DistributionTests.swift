import ArgumentParser
import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// What `make dist` packs runs where neither the checkout nor a Swift toolchain is.
@Suite(.serialized, .enabled(if: Shell.has("make") && Shell.has("python3"), "make and python3 pack a distribution"))
struct DistributionTests {
  /// Packed and unpacked once for all tests.
  private static let unpacked = Result {
    let shell = try Shell()
    let made = try #require(try shell.run("make -s -C '\(Shell.checkout)' dist BUILD=:"))
    let tarball = try #require(made.split(separator: "\n").first { $0.hasSuffix("x86_64.tar.gz") }?.split(separator: " ").last)
    _ = try shell.run("mkdir first && tar -xf '\(tarball)' -C first --strip-components 1\nmv first 'moved away'")
    return shell
  }

  @Test(.enabled(if: Shell.canHide, "this system lets no process hide folders from itself"))
  func `runs without checkout and toolchain`() throws {
    let shell = try Self.unpacked.get(), lab = try Lab()
    let toolchain = try #require(
      try shell.run("dirname \"$(dirname \"$(readlink -f \"$(command -v swiftc)\")\")\"")?.split(separator: "\n").last)
    let run = "env -i HOME='\(shell.folder)' '\(shell.folder)/moved away/bin/calm'"
    let output = try shell.run(
      """
      test ! -e '\(Shell.checkout)/Package.swift' -a ! -e '\(toolchain)/lib/swift/linux'
      \(run) --version
      \(run) plugin list
      \(run) run '\(lab.config)' --out '\(lab.folder)/run' --set training.epochs=2
      \(run) explain P301
      """, hiding: [Shell.checkout, "\(toolchain)/lib/swift"])
    let text = try #require(output)
    #expect(text.hasPrefix(Calm.version))
    for plugin in ["biobert", "crf", "kl-cooperative", "llama2", "precomputed", "remote-llm", "search-engine", "xlm-r"] {
      #expect(text.contains("\n\(plugin) "), "\(plugin)")
    }
    #expect(try lab.json("run/results.json")["test"]?["with"]?["micro"]?["f1"]?.number != nil)
  }

  @Test func `libraries are looked for beside the program only`() throws {
    let shell = try Self.unpacked.get()
    let paths = try #require(
      try shell.run("find 'moved away' -type f -exec sh -c 'readelf -d \"$0\" 2> /dev/null' {} ';' | grep -E 'RUNPATH|RPATH'"))
    let entries = paths.split(separator: "\n").flatMap { line in
      line.split(separator: "[").last?.split(separator: "]").first?.split(separator: ":") ?? []
    }
    #expect(entries.count > 20)
    #expect(entries.allSatisfy { $0.hasPrefix("$ORIGIN") }, "\(entries)")
  }

  @Test func `local search is packed apart, for its licence`() throws {
    let shell = try Self.unpacked.get()
    #expect(!FileManager.default.fileExists(atPath: shell.folder + "/moved away/lib/calm/libCalmXapian.so"))
    guard FileManager.default.fileExists(atPath: Shell.products + "/libCalmXapian.so") else { return }
    let listed = try shell.run("tar -tf '\(Shell.checkout)'/.build/dist/*-xapian.tar.gz")
    #expect(listed?.contains("lib/calm/libCalmXapian.so") == true)
  }

  @Test func `every command has its place in the manual page`() throws {
    let shell = try Self.unpacked.get()
    let page = try #require(FileManager.default.contents(atPath: shell.folder + "/moved away/share/man/man1/calm.1"))
    let text = String(decoding: page, as: UTF8.self).replacing("\\-", with: "-")
    for command in leaves(of: Calm.self, named: "calm") { #expect(text.contains(".Ss \(command)\n"), "\(command)") }
    if Shell.has("man") {
      // Lines are as long as this terminal's are: that a word does not fit is no fault of the page.
      let page = "moved away/share/man/man1/calm.1"
      #expect(try shell.run("man --warnings -l '\(page)' 2>&1 > /dev/null | grep -v 'break line' || true") == "")
    }
  }

  @Test func `completions are there for three shells`() throws {
    let shell = try Self.unpacked.get()
    let lengths = try shell.run(
      """
      cd 'moved away/share'
      bash -n bash-completion/completions/calm
      grep -c 'plugin' bash-completion/completions/calm zsh/site-functions/_calm fish/vendor_completions.d/calm.fish
      """)
    #expect(lengths?.split(separator: "\n").count == 3)
  }

  private func leaves(of command: any ParsableCommand.Type, named name: String) -> [String] {
    guard command.configuration.shouldDisplay else { return [] }
    let subcommands = command.configuration.subcommands
    return subcommands.isEmpty ? [name] : subcommands.flatMap { leaves(of: $0, named: "\(name) \($0._commandName)") }
  }
}
