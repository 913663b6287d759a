import FoundationEssentials
import Glibc
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// The program with augmentors in other languages and in processes of their own.
@Suite("Runs with plugins in other languages and processes")
struct ProcessRunTests {
  let lab: ProcessLab
  private var folder: Lab { lab.lab }

  init() throws {
    lab = try ProcessLab()
    for (split, range) in [("train", 0..<12), ("dev", 10..<16)] {
      try folder.write(range.map { "word\($0) B-LOC\nis O\n\n" }.joined(), to: split + ".conll")
    }
  }

  /// An experiment with this entry of `plugins:`, and more entries.
  private func experiment(
    _ entry: String, more: String = "", options: String = "null", loss: String = ""
  ) throws -> String {
    try folder.write(
      """
      extends: experiment.yaml
      plugins:
        toy: {\(entry)}
        \(more)
      data: {test: null}
      contexts: {store: store.sqlite}
      augmentor: {plugin: toy, options: \(options)}
      training: {epochs: 1}
      \(loss)
      """, to: "toy.yaml")
    return folder.path("toy.yaml")
  }

  private func stored() throws -> [ContextRecord] { try ContextStore(path: folder.path("store.sqlite")).records() }

  private func expectRun(_ config: String, source: String, place: SourceLocation = #_sourceLocation) throws {
    let run = try folder.calm("run", config, "--out", folder.path("run"))
    #expect(run.code == 0, "\(run.errors)", sourceLocation: place)
    let stored = try stored()
    #expect(stored.count == 16 && stored.allSatisfy { $0.context.source == source }, sourceLocation: place)
    let used = String(decoding: try folder.bytes("run/plugins.used"), as: UTF8.self)
    #expect(used.hasPrefix("\(source) 1.0.0 "), "\(used)", sourceLocation: place)
    // The run's own configuration names them from its own folder.
    #expect(try folder.calm("evaluate", folder.path("run")).code == 0, sourceLocation: place)
    let augment = try folder.calm("augment", config, "--format", "json")
    #expect(augment.output.contains("\"asked\" : 0"), "\(augment.errors)", sourceLocation: place)
  }

  @Test(.enabled(if: ExamplePlugins.c != nil, "there is no C compiler"))
  func inC() throws {
    let library = try #require(ExamplePlugins.c) + "/libEchoC.so"
    try expectRun(
      experiment(
        "library: \(library)",
        more: "likelihood-c: {library: \(library.replacing("libEchoC", with: "libLikelihoodC"))}",
        loss: "loss: {plugin: likelihood-c, options: {distance: 1}}"), source: "echo-c")
    // In a process it makes the same texts: all of them are stored already.
    let isolated = try folder.calm(
      "augment", folder.path("toy.yaml"), "--set", "augmentor.isolation=process", "--format", "json")
    #expect(isolated.code == 0 && isolated.output.contains("\"asked\" : 0"), "\(isolated.errors)")
  }

  @Test(.enabled(if: ExamplePlugins.rust != nil, "there is no cargo"))
  func inRustInAProcess() throws {
    let library = try #require(ExamplePlugins.rust) + "/libecho_rust.so"
    try expectRun(
      experiment(
        "library: \(library), isolation: process, timeLimit: 30",
        more: "likelihood-rust: {library: \(library.replacing("libecho", with: "liblikelihood"))}",
        loss: "loss: {plugin: likelihood-rust, options: null}"), source: "echo-rust")
  }

  @Test(.enabled(if: ExamplePlugins.python != nil, "there is no python3"))
  func inPython() throws {
    let script = try #require(ExamplePlugins.python)[1]
    try folder.write(String(decoding: FileBytes.read(script), as: UTF8.self), to: "echo.py")
    try expectRun(experiment("command: [python3, echo.py]"), source: "echo-python")
    let pinned = try folder.calm(
      "check", experiment("command: [python3, echo.py], sha256: \(String(repeating: "0", count: 64))"))
    #expect(pinned.code == 4 && pinned.errors.contains("P312"), "\(pinned.errors)")

    // A lock names the script, and lets no other pass.
    let config = try experiment("command: [python3, echo.py]")
    #expect(try folder.calm("plugin", "lock", config).code == 0)
    #expect(try folder.calm("augment", config).code == 0)
    try folder.write(String(decoding: FileBytes.read(script), as: UTF8.self) + "# changed\n", to: "echo.py")
    let changed = try folder.calm("augment", config)
    #expect(changed.code == 4 && changed.errors.contains("P340"), "\(changed.errors)")
  }

  /// A library that crashes with one sentence takes nothing else with it: the rest is stored, and a run trains.
  @Test(.enabled(if: ExamplePlugins.has("cc"), "there is no C compiler"))
  func aCrashInAProcess() throws {
    let lab = try LoadingLab()
    let library = try lab.compileC(Self.crashing, as: "libCrashing.so", compiler: nil, flags: ["-UCALM_LANGUAGE"])
    let config = try experiment("library: \(library), isolation: process")
    let augment = try folder.calm("augment", config)
    #expect(augment.code == 4 && augment.errors.contains("error[P335]"), "\(augment.errors)")
    for words in [
      "1 of 12 sentences of `train` got no context", "sentence 5: its process ended by signal 11 (Segmentation fault), 3 times",
      "its last words: this one is too much",
    ] { #expect(augment.errors.contains(words), "\(words): \(augment.errors)") }
    #expect(try stored().count == 15 && !stored().contains { $0.sentence == "word5 is" })
    let again = try folder.calm("augment", config, "--format", "json")
    #expect(
      again.code == 4 && again.output.contains("\"failed\" : 1") && again.output.contains("\"stored\" : 11"), "\(again.output)")
    let run = try folder.calm("run", config, "--out", folder.path("run"))
    #expect(run.code == 0 && run.errors.contains("P335"), "\(run.errors)")
    let text = try folder.calm("augment", config, "--text", "word5 is")
    #expect(text.code == 4 && text.output.isEmpty)
    // One that always crashes is given up.
    let always = try folder.calm(
      "augment", experiment("library: \(library), isolation: process", options: "{always: true}"))
    #expect(always.code == 4 && always.errors.contains("5 requests failed one after the other"), "\(always.errors)")
  }

  private static let crashing = #"""
    #include "calm_plugin.h"
    #include <stdio.h>
    #include <string.h>
    static int always;
    static int create(const calm_host *h, const calm_value *const *v, size_t n, void **instance, calm_error *e) {
      always = (int)calm_option_value(v, n, "always")->integer;
      return CALM_OK;
    }
    static int fingerprint(void *i, void *c, void (*add)(void *, const char *, const char *), calm_error *e) {
      add(c, "always", always ? "yes" : "no");
      return CALM_OK;
    }
    static int answer(void *i, const calm_request *const *r, size_t n, const calm_sink *sink, calm_error *e) {
      for (size_t k = 0; k < n; k++) {
        printf("a print does no harm\n");
        if (always || !strcmp(r[k]->text.data, "word5 is")) {
          fprintf(stderr, "this one is too much\n");
          *(volatile int *)0 = 1;
        }
        calm_answer answer = {.size = sizeof answer, .index = r[k]->index, .text = calm_string("fine")};
        if (sink->answer(sink->context, &answer) != CALM_OK) return CALM_STOPPED;
      }
      return CALM_OK;
    }
    static const calm_option option = {sizeof option, "always", CALM_BOOLEAN, 0, "false", 0, 0, 0, "crash"};
    static const calm_augmentor augmentor = {sizeof augmentor, fingerprint, answer};
    static const calm_plugin plugin = {.size = sizeof plugin, .stamp = &calm_stamp_data, .kind = CALM_AUGMENTOR, .id = "crashing",
      .version = "1", .licence = "", .summary = "", .options = &option, .option_count = 1, .create = create,
      .augmentor = &augmentor};
    CALM_EXPORT const calm_plugin *ENTRY(void) { return &plugin; }
    """#

  /// Interrupted or killed without warning, the program leaves no process behind, and what was answered is stored.
  @Test(.enabled(if: ExamplePlugins.python != nil, "there is no python3"), arguments: ["INT", "KILL"])
  func aSignalEndsTheChildrenToo(signal: String) throws {
    // A child that hangs does not see that its host is gone.
    let command = try lab.program(
      """
      answer(request)
      if request['text'] == 'word3 is':
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note(str(os.getpid()))
        time.sleep(600)
      """)
    let config = try experiment("command: [\(command.joined(separator: ", "))]")
    let log = folder.path("asked")
    let script = """
      "$0" augment "$1" --set "augmentor.options={log: $2}" > /dev/null 2> "$2.errors" &
      host=$!
      for i in $(seq 600); do test -s "$2" && break; sleep 0.05; done
      sleep 1
      kill -\(signal) $host
      wait $host; echo "code $?"
      child=$(cat "$2")
      for i in $(seq 100); do kill -0 $child 2> /dev/null || { echo gone; exit 0; }; sleep 0.05; done
      echo left
      """
    let result = try ChildProcess.run(["sh", "-c", script, Lab.program, config, log], timeout: .seconds(60))
    let output = String(decoding: result.output, as: UTF8.self)
    #expect(output == (signal == "INT" ? "code 130\ngone\n" : "code 137\ngone\n"), "\(output)")
    #expect(try stored().count == 4)
  }

  @Test(arguments: [
    ("library: libX.so, command: [a]", "C115", "has a library and a command"),
    ("sha256: ab", "C115", "names neither a library nor a command"), ("command: []", "C115", "has a command without words"),
    ("command: [a], isolation: none", "C115", "is a command, which is a process whatever it says"),
    ("command: python3 toy.py", "C104", "`command` must be a list, not `python3 toy.py`"),
    ("library: libX.so, isolation: yes", "C104", "`isolation` must be one of none, process"),
    ("library: libX.so, timeLimit: 0", "C105", "`timeLimit` must be between"),
    ("command: [no-such-program]", "P331", "plugin `toy`: there is no program `no-such-program`"),
  ])
  func entriesThatAreWrong(entry: String, code: String, words: String) throws {
    let answer = try folder.calm("check", experiment(entry))
    #expect(answer.code == (code.hasPrefix("C") ? 2 : 4), "\(answer.errors)")
    #expect(answer.errors.contains("error[\(code)]") && answer.errors.contains(words), "\(answer.errors)")
    #expect(answer.errors.contains("toy.yaml:3:"), "\(answer.errors)")
  }

  @Test func `only augmentors have processes`() throws {
    let folder = try Lab()
    let wrong = try folder.calm("check", folder.config, "--set", "plugins.precomputed.isolation=process")
    #expect(wrong.code == 0, "\(wrong.errors)")
    let decoder = try folder.calm("check", folder.config, "--set", "plugins.crf.isolation=process")
    #expect(
      decoder.code == 4 && decoder.errors.contains("only augmentors can run in a process of their own"), "\(decoder.errors)")
  }

  /// A shipped plugin, with the services that it gets of the host, in a process of its own.
  @Test func `a run does not depend on the process`() throws {
    let folder = try Lab()
    var texts: [String] = []
    for place in ["none", "process"] {
      let answer = try folder.calm("augment", folder.config, "--set", "augmentor.isolation=\(place)", "--format", "jsonl")
      #expect(answer.code == 0, "\(answer.errors)")
      texts.append(answer.output)
    }
    #expect(texts[0] == texts[1] && texts[0].split(separator: "\n").count > 20)
  }
}
