import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// The program, and plugins that were exchanged, that others can change, or that crash.
@Suite("Trust in plugins")
struct TrustTests {
  let lab: Lab
  /// A loss in a file of its own, and an experiment that uses it.
  private var library: String { lab.path("plugins/libBad.so") }
  private var config: String { lab.path("own.yaml") }

  init() throws {
    lab = try Lab()
    try FileManager.default.createDirectory(atPath: lab.path("plugins"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: BadPlugins.library.get(), toPath: library)
    try lab.write(
      """
      extends: experiment.yaml
      plugins: {distances: {library: plugins/libBad.so}}
      loss: {plugin: distances}
      training: {epochs: 1}
      """, to: "own.yaml")
  }

  private func calm(_ arguments: String..., chosen: String = "loss") throws -> Lab.Answer {
    try Lab.calm(arguments, environment: ["CALM_BAD_PLUGIN": chosen, "CALM_CACHE": lab.path("cache")])
  }

  /// Another file that behaves alike: what lies behind the last section is nobody's.
  private func rebuild() throws {
    var bytes = try LoadingLab.bytes(library)
    bytes += [UInt8](repeating: 7, count: 8)
    try Data(bytes).write(to: URL(fileURLWithPath: library), options: .atomic)
  }

  @Test func `a lock is written, and enforced from then on`() throws {
    #expect(try calm("config", "show", config).code == 0)
    #expect(try calm("plugin", "lock", config, "--check").code == 1)
    let locked = try calm("plugin", "lock", config)
    #expect(locked.code == 0 && locked.output.contains("+ bad 1.0.0 libBad.so "), "\(locked.errors)")
    let lock = try PluginLock(path: lab.path("plugins.lock"))
    #expect(try lock.entries.contains { try $0.id == "bad" && $0.sha256 == Digest.sha256(ofFile: library) })
    #expect(lock.entries.contains { $0.id == "crf" && $0.file == "libCRF.so" })
    #expect(try calm("plugin", "lock", config, "--check").code == 0)

    let run = try calm("train", config, "--out", lab.path("run"))
    #expect(run.code == 0, "\(run.errors)")
    #expect(try lab.json("run/environment.json")["plugins"]?["pinned"]?["bad"]?.text == "lock")
    // What was opened is a copy that nobody else can write.
    let copy = lab.path("cache/plugins/") + (try Digest.sha256(ofFile: library)) + "/libBad.so"
    var status = stat()
    #expect(stat(copy, &status) == 0 && status.st_mode & 0o077 == 0)
    #expect(try Digest.sha256(ofFile: copy) == Digest.sha256(ofFile: library))

    try rebuild()
    for command in [["config", "show", config], ["train", config, "--out", lab.path("other"), "--allow-unpinned"]] {
      let refused = try Lab.calm(command, environment: ["CALM_BAD_PLUGIN": "loss", "CALM_CACHE": lab.path("cache")])
      #expect(
        refused.code == 4 && refused.errors.contains("P340") && refused.errors.contains("calm plugin lock"), "\(refused.errors)"
      )
    }
    // The run has a lock of its own.
    #expect(try calm("evaluate", lab.path("run")).errors.contains("P340"))
    let again = try calm("plugin", "lock", config)
    #expect(again.output.contains("- bad 1.0.0 libBad.so ") && again.output.contains("+ bad 1.0.0 libBad.so "))
    #expect(try calm("config", "show", config).code == 0)
  }

  @Test func `a plugin that is not locked runs only where that is allowed, and recorded`() throws {
    #expect(try calm("plugin", "lock", config).code == 0)
    let entries = try PluginLock(path: lab.path("plugins.lock")).entries.filter { $0.id != "bad" }
    try lab.write(PluginLock(path: "", entries: entries).text, to: "plugins.lock")
    let refused = try calm("train", config, "--out", lab.path("run"))
    #expect(
      refused.code == 4 && refused.errors.contains("P340") && refused.errors.contains("--allow-unpinned"), "\(refused.errors)")
    let allowed = try calm("train", config, "--out", lab.path("run"), "--allow-unpinned")
    #expect(allowed.code == 0, "\(allowed.errors)")
    let plugins = try lab.json("run/environment.json")["plugins"]
    #expect(plugins?["pinned"]?["bad"]?.text == "none" && plugins?["pinned"]?["crf"]?.text == "lock")
    #expect(String(decoding: try lab.bytes("run/environment.json"), as: UTF8.self).contains("\"allowUnpinned\" : true"))
    // A pin in the file is as good as the lock.
    let pin = "plugins.distances.sha256=\(try Digest.sha256(ofFile: library))"
    #expect(try calm("config", "show", config, "--set", pin).code == 0)
    #expect(
      try calm("config", "show", config, "--set", "plugins.distances.sha256=\(String(repeating: "0", count: 64))").errors
        .contains("P312"))
  }

  /// A file below the one that is run may be locked in its own folder; the nearest lock counts.
  @Test func `the lock beside an extended file counts where there is none beside the file itself`() throws {
    #expect(try calm("plugin", "lock", config).code == 0)
    try FileManager.default.createDirectory(atPath: lab.path("below"), withIntermediateDirectories: true)
    try lab.write("extends: ../own.yaml\nname: below\n", to: "below/it.yaml")
    #expect(try calm("config", "show", lab.path("below/it.yaml")).code == 0)
    try rebuild()
    #expect(try calm("config", "show", lab.path("below/it.yaml")).errors.contains("P340"))
    #expect(try calm("plugin", "lock", lab.path("below/it.yaml")).code == 0)
    #expect(try calm("config", "show", lab.path("below/it.yaml")).code == 0)
  }

  @Test func `a damaged lock protects by refusing`() throws {
    try lab.write("# a comment\nno digest\n", to: "plugins.lock")
    let answer = try calm("config", "show", config)
    #expect(
      answer.code == 4 && answer.errors.contains("P341") && answer.errors.contains("plugins.lock:2:1"), "\(answer.errors)")
    #expect(try calm("plugin", "lock", config).code == 0)
    #expect(try calm("config", "show", config).code == 0)
  }

  @Test func `what everybody can write is refused`() throws {
    func refusal() throws -> String { try calm("config", "show", config).errors }
    chmod(library, 0o777)
    #expect(try refusal().contains("P343") && refusal().contains("chmod o-w '\(library)'"))
    chmod(library, 0o755)
    chmod(lab.path("plugins"), 0o777)
    #expect(try refusal().contains("chmod o-w '\(lab.path("plugins"))'"))
    // Where nobody may touch what is another's, one's own file is safe.
    chmod(lab.path("plugins"), 0o1777)
    #expect(try calm("config", "show", config).code == 0)
    chown(library, 12345, 12345)
    let foreign = try refusal()
    if geteuid() == 0 { #expect(foreign.contains("P343") && foreign.contains("another user's"), "\(foreign)") }
    chown(library, geteuid(), getegid())
    chmod(lab.path("plugins"), 0o755)
    chmod(lab.folder, 0o777)
    #expect(try refusal().contains("chmod o-w '\(lab.folder)'"))
    chmod(lab.folder, 0o755)
    #expect(try calm("config", "show", config).code == 0)
  }

  @Test func `a plugin that crashes while it is opened is in quarantine until it is let out`() throws {
    let crash = try ChildProcess.run(
      [
        "/usr/bin/env", "CALM_BAD_PLUGIN=load-crashes", "CALM_CACHE=\(lab.path("cache"))", "SWIFT_BACKTRACE=enable=no",
        Lab.program,
      ]
        + ["plugin", "info", library])
    #expect(crash.outcome == .signalled(SIGSEGV))
    let digest = try Digest.sha256(ofFile: library)
    let refused = try calm("config", "show", config)
    #expect(refused.code == 4 && refused.errors.contains("P342"), "\(refused.errors)")
    #expect(refused.errors.contains("calm plugin release \(digest.prefix(12))") && refused.errors.contains(library))
    #expect(try calm("plugin", "release").output.hasPrefix(digest))
    let list = try Lab.calm(
      ["plugin", "list"], environment: ["CALM_CACHE": lab.path("cache"), "CALM_PLUGIN_PATH": lab.path("plugins")])
    #expect(list.code == 1 && list.errors.contains("P342") && list.output.contains("crf"), "\(list.errors)")
    // It can be looked at all the same, in a process of its own.
    #expect(try calm("plugin", "validate", library).code == 0)
    #expect(try calm("plugin", "validate", library, chosen: "load-crashes").code == 1)
    #expect(try calm("plugin", "release", "0123456789").errors.contains("P342"))
    #expect(try calm("plugin", "release", library).output == "released \(digest)\n")
    #expect(try calm("config", "show", config).code == 0)
    #expect(try calm("plugin", "release", String(digest.prefix(12))).code == 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: lab.path("cache/quarantine")).isEmpty)
  }

  @Test func `an error is no crash, and nor is Ctrl-C`() throws {
    #expect(try calm("config", "show", config, chosen: "make-throws").code != 0)
    let script = """
      CALM_BAD_PLUGIN=load-hangs CALM_CACHE='\(lab.path("cache"))' '\(Lab.program)' plugin info '\(library)' & pid=$!
      for i in $(seq 1000); do ls '\(lab.path("cache"))'/quarantine 2> /dev/null | grep -q . && break; sleep 0.01; done
      sleep 0.05; kill -TERM $pid; wait $pid
      """
    let stopped = try ChildProcess.run(["/bin/bash", "-c", script], timeout: .seconds(60))
    #expect(stopped.outcome == .exited(143), "\(stopped)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: lab.path("cache/quarantine")).isEmpty)
    // One that is killed while it hangs is.
    _ = try ChildProcess.run(["/bin/bash", "-c", script.replacing("-TERM", with: "-KILL")], timeout: .seconds(60))
    #expect(try calm("config", "show", config).errors.contains("P342"))
  }

  @Test func `a copy is made of the bytes that were promised, or not at all`() throws {
    let digest = try Digest.sha256(ofFile: library), cache = lab.path("cache")
    try lab.write("other", to: "plugins/libOther.so.1")
    let copy = try PrivateCopy.of(library, sha256: digest, cache: cache)
    #expect(copy == "\(cache)/plugins/\(digest)/libBad.so")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(cache)/plugins/\(digest)/libOther.so.1")
        == lab.path("plugins/libOther.so.1"))
    // A copy that was altered is made anew, and the file that was exchanged in the meantime gives none.
    try lab.write("altered", to: "cache/plugins/\(digest)/libBad.so")
    #expect(try PrivateCopy.of(library, sha256: digest, cache: cache) == copy)
    #expect(try Digest.sha256(ofFile: copy) == digest)
    try rebuild()
    try lab.write("altered", to: "cache/plugins/\(digest)/libBad.so")
    #expect(loadingFault { try PrivateCopy.of(library, sha256: digest, cache: cache) }?.code == "P312")
    chmod("\(cache)/plugins", 0o777)
    #expect(loadingFault { try PrivateCopy.of(library, sha256: digest, cache: cache) }?.code == "P343")
  }
}
