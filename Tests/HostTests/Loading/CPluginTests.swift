import FoundationEssentials
import PluginAPI
import TestSupport
import Testing

@testable import Host

/// Plugins against the C ABI: what of them is taken, and what is refused in which words.
@Suite("Plugins in C", .enabled(if: ExamplePlugins.has("cc"), "there is no C compiler"))
struct CPluginTests {
  let lab: LoadingLab
  private let mark = SourceMark(file: "test.yaml", line: 2, column: 3)

  init() throws { lab = try LoadingLab() }

  /// A plugin in C; `defines` replace pieces of ``source``.
  private func compile(_ defines: [String: String] = [:], source: String = CPluginTests.source) throws -> String {
    let name = "libToy\(UInt32.random(in: 0 ... .max)).so"
    return try lab.compileC(
      source, as: name, compiler: nil,
      flags: ["-UCALM_LANGUAGE", "-Wno-unused"] + defines.map { "-D\($0.key)=\($0.value)" })
  }

  private func load(_ defines: [String: String] = [:], source: String = CPluginTests.source) throws -> LoadedPlugin {
    try PluginLoader.load(path: compile(defines, source: source))
  }

  private func fault(_ defines: [String: String], source: String = CPluginTests.source) throws -> Diagnostic? {
    let path = try compile(defines, source: source)
    return loadingFault { try PluginLoader.load(path: path) }
  }

  private func options(_ yaml: String) throws -> ConfigNode { try parseYAML(Array(yaml.utf8), named: "test.yaml") }

  private func augmentor(_ plugin: LoadedPlugin, _ yaml: String = "{r: x}") throws -> any Augmentor {
    let services = Services(seed: 9, cacheFolder: "/tmp/cache") { _, _ in }
    return try #require(try plugin.factory.make(options: options(yaml), shape: Shape(), services: services) as? any Augmentor)
  }

  private func answers(_ augmentor: any Augmentor, _ sentences: [String]) async throws -> [Context] {
    var contexts = [Context](repeating: Context(text: "nothing"), count: sentences.count)
    for try await (index, context) in try await augmentor.contexts(for: ProcessLab.requests(sentences)) {
      contexts[index] = context
    }
    return contexts
  }

  @Test func `what it describes is its manifest`() throws {
    let manifest = try load(["FLAGS": "3"]).manifest
    #expect(manifest.id == "toy-c" && manifest.kind == .augmentor && manifest.version == "1.2.3" && manifest.licence == "MIT")
    #expect(!manifest.seeded && manifest.takesPrompt && manifest.answersNewText)
    let options = PluginSelfDescription(manifest).options ?? []
    #expect(options.map(\.type) == ["string", "integer", "number", "boolean", "choice", "list of number"])
    #expect(options.map { $0.required ?? false } == [true, false, false, false, false, false])
    #expect(
      options[1].least == 1 && options[1].greatest == 9 && options[2].greatest == nil && options[4].choices == ["a", "b"])
    #expect(try load().manifest.seeded)
  }

  @Test func `options are checked with their place and arrive as values`() async throws {
    let plugin = try load()
    let services = Services(seed: 9, cacheFolder: "/tmp/cache") { _, _ in }
    let faults = #expect(throws: Diagnostics.self) {
      try plugin.factory.make(
        options: options("r: x\nint: 12\nchoice: c\nnumbr: 1"), shape: Shape(), services: services)
    }
    #expect(faults?.items.map(\.code) == ["C105", "C104", "C101"])
    #expect(faults?.items.map { $0.mark?.line } == [2, 3, 4] && faults?.items[2].hint == "did you mean `number`?")
    let first = try await answers(
      augmentor(plugin, "{r: 'x y', int: 3, number: 0.25, flag: true, list: [1, 2.5]}"), ["Änna \u{1F642}"])
    #expect(
      first[0].text
        == "r=x y;int=3:3:3;number=0.25:0.25;flag=true:1;choice=a;list=2[1,2.5];seed=9;cache=/tmp/cache;|Änna \u{1F642}|2|text 0 of 1"
    )
    #expect(try await answers(augmentor(plugin), ["x"])[0].text.hasPrefix("r=x;int=1:1:1;choice=a;list=1[4];seed=9"))
  }

  /// A C plugin draws what a Swift plugin draws.
  @Test func `random numbers are the host's`() async throws {
    let requests = ProcessLab.requests(["one", "two"])
    let texts = try await answers(augmentor(load(["TEXT": "random_text"])), ["one", "two"]).map(\.text)
    for (request, text) in zip(requests, texts) {
      var random = request.random
      let expected = [String(random.next()), String(random.next()), String(random.uniform())]
      let parts = text.split(separator: " ").map(String.init)
      #expect(Array(parts.prefix(2)) == Array(expected.prefix(2)) && Double(parts[2]) == Double(expected[2]))
    }
  }

  @Test func `older and newer sizes`() async throws {
    for defines in [
      // A plugin of before there were losses, options without help, answers without a finish.
      ["PLUGIN_SIZE": "offsetof(calm_plugin,loss)", "OPTION_SIZE": "sizeof(calm_option)"],
      ["ANSWER_SIZE": "offsetof(calm_answer,finish)"], ["ANSWER_SIZE": "offsetof(calm_answer,failure)"],
      // One of later, with fields that this host does not know.
      ["PLUGIN_SIZE": "(sizeof(calm_plugin)+64)"], ["ANSWER_SIZE": "sizeof(calm_answer)+40"],
      ["AUGMENTOR_SIZE": "(sizeof(calm_augmentor)+8)"],
    ] {
      let contexts = try await answers(augmentor(load(defines)), ["one"])
      #expect(contexts[0].text.hasSuffix("|one|1|text 0 of 1"), "\(defines)")
      #expect(contexts[0].finish == (defines["ANSWER_SIZE"] == "offsetof(calm_answer,finish)" ? "stop" : "length"))
    }
    // Options of another build lie further apart.
    let wide = Self.source.replacing("calm_option options[]", with: "struct { calm_option o; char later[24]; } options[]")
      .replacing("{OPTION_SIZE,", with: "{{OPTION_SIZE + 24,").replacing("},  //", with: "}},  //")
    let plugin = try load(["PLUGIN_OPTIONS": "(const calm_option*)options"], source: wide)
    #expect(plugin.manifest.options.map(\.name) == ["r", "int", "number", "flag", "choice", "list"])
  }

  @Test func `another version of the ABI`() throws {
    let major = try fault(["CALM_C_MAJOR": "9"])
    #expect(major?.code == "P306" && major?.message.hasSuffix("was built for the C ABI 9.0; this host offers 1.0") == true)
    #expect(try fault(["CALM_C_MINOR": "7"])?.message.contains("was built for the C ABI 1.7") == true)
    // The Swift API's version is none of its business.
    #expect(try load(["CALM_API_MAJOR": "9"]).manifest.id == "toy-c")
  }

  @Test(arguments: [
    (["PLUGIN_SIZE": "0"], "`calm_plugin` says that it has 0 bytes"),
    (["PLUGIN_SIZE": "1000000000"], "`calm_plugin` says that it has 1000000000 bytes"),
    (["ID": "0"], "its `id` is NULL or no UTF-8"), (["ID": "\"\\xff\\xfe\""], "its `id` is NULL or no UTF-8"),
    (["KIND": "7"], "its kind is 7"), (["KIND": "CALM_LOSS"], "it has no `calm_loss`"), (["CREATE": "0"], "it has no `create`"),
    (["ANSWER": "0"], "its `calm_augmentor` lacks `fingerprint` or `answer`"),
    (["AUGMENTOR_SIZE": "8"], "`calm_augmentor` says that it has 8 bytes"),
    (["OPTION_SIZE": "4"], "`calm_option` says that it has 4 bytes"),
    (["INT_TYPE": "77"], "its option `int` has type 77"), (["CHOICES": "0"], "its option `choice` has no `choices`"),
    (["INT_DEFAULT": "\"12\""], "the default of an option does not fit: `int` must be between 1 and 9, not 12"),
    (["INT_NAME": "\"r\""], "it describes the option `r` twice"), (["INT_NAME": "0"], "its option 2 has no name"),
    (["COUNT": "-1"], "options, but has no sound array of them"),
  ])
  func `wrong descriptions`(defines: [String: String], words: String) throws {
    let fault = try fault(defines)
    #expect(fault?.code == "P322" && fault?.message.contains(words) == true, "\(String(describing: fault))")
    #expect(fault?.message.contains(" describes itself wrongly: ") == true)
  }

  @Test func `an id that YAML cannot name`() throws {
    #expect(try fault(["ID": "\"Toy\""])?.code == "P315")
  }

  @Test func `errors are thrown as the plugin says them`() async throws {
    let failing = try load(["FAIL_CREATE": "1"])
    let error = #expect(throws: PluginError.self) { try augmentor(failing) }
    #expect(error?.message == "there is no model" && error?.hint == "fetch one")
    let mute = #expect(throws: PluginError.self) { try augmentor(load(["FAIL_CREATE": "5"])) }
    #expect(mute?.message == "`create` fails with code 5 and does not say why")
    let late = try augmentor(load(["FAIL_ANSWER": "1"]))
    let thrown = await #expect(throws: PluginError.self) { try await answers(late, ["one", "two"]) }
    #expect(thrown?.message == "out of ideas")
    for (text, words) in [
      ("bad_text", "it answered request 0 with bytes that are no UTF-8"),
      ("no_text", "it answered request 0 with neither a text nor a failure"),
    ] {
      let thrown = await #expect(throws: PluginError.self) { try await answers(augmentor(load(["TEXT": text])), ["one"]) }
      #expect(thrown?.message == words)
    }
    let size = await #expect(throws: PluginError.self) {
      try await answers(augmentor(load(["ANSWER_SIZE": "3"])), ["one"])
    }
    #expect(size?.message.hasPrefix("`calm_answer` says that it has 3 bytes") == true)
    let one = try await answers(augmentor(load(["FAILURE": "request->index==1?\"rude\":0"])), ["one", "two", "three"])
    #expect(one.map(\.failure) == [nil, "rude", nil] && one[2].text.hasSuffix("|three|1|text 2 of 3"))
  }

  /// Else it would never end.
  @Test(.timeLimit(.minutes(5))) func `cancelling ends a call that looks`() async throws {
    let slow = try augmentor(load(["TEXT": "slow_text"]))
    let task = Task { try await answers(slow, ["one", "two", "three"]) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    _ = try? await task.value
    // The next call waits for the thread of the one that was cancelled.
    let next = Task { try await answers(slow, []) }
    #expect(try await next.value.isEmpty)
  }

  @Test func `losses say what they are`() throws {
    func loss(_ body: String) throws -> any Loss {
      let services = Services(seed: 9, cacheFolder: "/tmp") { _, _ in }
      let made = try load(source: Self.lossSource(body)).factory.make(
        options: options("{}"), shape: Shape(), services: services)
      return try #require(made as? any Loss)
    }
    let one = try loss("t->views[0]=CALM_PLAIN;t->view_count=1;t->needs=CALM_TOKEN_SCORES|CALM_GOLD_SCORE;")
    #expect(one.views == [.plain] && one.requires == [.tokenScores, .goldScore] && !one.joint)
    let output = LossOutputs.random(.plain, lengths: [2, 0, 3], seed: 4)
    let value = try one.evaluate(output, earlier: [])
    #expect(value.value == 0 && value.parts.isEmpty && value.words == nil && value.posterior.tokenScores == nil)
    let joint = try loss("t->views[0]=1;t->views[1]=0;t->view_count=2;t->joint=1;")
    #expect(joint.joint && joint.views == [.augmented, .plain])
    let values = try joint.evaluateJointly([output, output])
    #expect(values.map(\.value) == [2, 3] && values[1].parts.map(\.name) == ["sentences"])
    #expect(values[0].words?.values == [Float](repeating: 1, count: 25) && values[0].posterior.logPartition == [5, 5, 5])
    for (body, words) in [
      ("t->view_count=3;", "its traits name 3 views"), ("t->view_count=1;t->views[0]=4;", "its traits name 1 views"),
      ("t->needs=64;", "its traits need parts of a posterior that there are not: 64"),
      ("return calm_fail(e,\"no\",0);", "no"),
    ] {
      let error = #expect(throws: PluginError.self) { try loss(body) }
      #expect(error?.message.hasPrefix(words) == true, "\(body)")
    }
  }

  private static func lossSource(_ body: String) -> String {
    """
    #include "calm_plugin.h"
    static int create(const calm_host *h, const calm_value *const *v, size_t n, void **i, calm_error *e) { return CALM_OK; }
    static int describe(void *i, calm_loss_traits *t, calm_error *e) { \(body) return CALM_OK; }
    static int evaluate(void *i, const calm_view_output *o, const calm_view_output *const *b, size_t n, calm_loss_value *v,
                        calm_error *e) { return CALM_OK; }
    static int jointly(void *i, const calm_view_output *const *o, size_t n, calm_loss_value *const *v, calm_error *e) {
      for (size_t k = 0; k < n; k++) {
        calm_add_part(v[k], "sentences", (double)(2 + k));
        for (size_t j = 0; j < o[k]->words * o[k]->width; j++) v[k]->d_vectors[j] = 1;
        for (size_t s = 0; s < o[k]->sentences; s++) v[k]->d_log_partition[s] = (double)o[k]->offsets[o[k]->sentences];
      }
      return CALM_OK;
    }
    static const calm_loss loss = {sizeof loss, describe, evaluate, jointly};
    static const calm_plugin plugin = {.size = sizeof plugin, .stamp = &calm_stamp_data, .kind = CALM_LOSS, .id = "loss-c",
      .version = "1", .licence = "", .summary = "", .create = create, .loss = &loss};
    CALM_EXPORT const calm_plugin *ENTRY(void) { return &plugin; }
    """
  }

  private static let source = #"""
    #include "calm_plugin.h"
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #ifndef PLUGIN_SIZE
    #define PLUGIN_SIZE sizeof(calm_plugin)
    #endif
    #ifndef OPTION_SIZE
    #define OPTION_SIZE sizeof(calm_option)
    #endif
    #ifndef AUGMENTOR_SIZE
    #define AUGMENTOR_SIZE sizeof(calm_augmentor)
    #endif
    #ifndef ANSWER_SIZE
    #define ANSWER_SIZE sizeof(calm_answer)
    #endif
    #ifndef ID
    #define ID "toy-c"
    #endif
    #ifndef KIND
    #define KIND CALM_AUGMENTOR
    #endif
    #ifndef FLAGS
    #define FLAGS 0
    #endif
    #ifndef CREATE
    #define CREATE create
    #endif
    #ifndef ANSWER
    #define ANSWER answer
    #endif
    #ifndef INT_TYPE
    #define INT_TYPE CALM_INTEGER
    #endif
    #ifndef INT_NAME
    #define INT_NAME "int"
    #endif
    #ifndef INT_DEFAULT
    #define INT_DEFAULT "1"
    #endif
    #ifndef CHOICES
    #define CHOICES words
    #endif
    #ifndef COUNT
    #define COUNT 6
    #endif
    #ifndef PLUGIN_OPTIONS
    #define PLUGIN_OPTIONS options
    #endif
    #ifndef TEXT
    #define TEXT option_text
    #endif
    #ifndef FAILURE
    #define FAILURE 0
    #endif
    static const char *const words[] = {"a", "b", 0};
    static const calm_option options[] = {
      {OPTION_SIZE, "r", CALM_STRING, 1, 0, 0, 0, 0, "required"},  //
      {OPTION_SIZE, INT_NAME, INT_TYPE, 0, INT_DEFAULT, 0, 1, 9, "an integer"},  //
      {OPTION_SIZE, "number", CALM_NUMBER, 0, 0, 0, 0.25, __builtin_inf(), "a number"},  //
      {OPTION_SIZE, "flag", CALM_BOOLEAN, 0, 0, 0, 0, 0, "a switch"},  //
      {OPTION_SIZE, "choice", CALM_CHOICE, 0, "a", CHOICES, 0, 0, "a word"},  //
      {OPTION_SIZE, "list", CALM_LIST | CALM_NUMBER, 0, "4", 0, 0, 0, "numbers"},  //
    };
    static char described[4096];
    static int create(const calm_host *h, const calm_value *const *v, size_t n, void **instance, calm_error *e) {
    #ifdef FAIL_CREATE
      if (FAIL_CREATE == 1) return calm_fail(e, "there is no model", "fetch one");
      return FAIL_CREATE;
    #endif
      char *out = calloc(1, 4096), *p = out;
      for (size_t i = 0; i < n; i++) {
        p += sprintf(p, "%s=", v[i]->name);
        if (v[i]->item_count) {
          p += sprintf(p, "%zu[", v[i]->item_count);
          for (size_t k = 0; k < v[i]->item_count; k++) p += sprintf(p, "%s%s", k ? "," : "", v[i]->items[k].data);
          p += sprintf(p, "]");
        } else p += sprintf(p, "%s", v[i]->text.data);
        if (!strcmp(v[i]->name, "int")) p += sprintf(p, ":%d:%g", (int)v[i]->integer, v[i]->number);
        if (!strcmp(v[i]->name, "number")) p += sprintf(p, ":%g", v[i]->number);
        if (!strcmp(v[i]->name, "flag")) p += sprintf(p, ":%d", (int)v[i]->integer);
        p += sprintf(p, ";");
      }
      sprintf(p, "seed=%d;cache=%s;", (int)h->seed, h->cache_folder);
      *instance = out;
      return CALM_OK;
    }
    static int fingerprint(void *i, void *c, void (*add)(void *, const char *, const char *), calm_error *e) {
      add(c, "options", i);
      return CALM_OK;
    }
    static calm_text option_text(void *i, const calm_request *r, char *out, const calm_sink *s) {
      sprintf(out, "%s|%s|%zu|%s %zu of %zu", (char *)i, r->text.data, r->word_count, r->split, r->position, r->split_count);
      return calm_string(out);
    }
    static calm_text random_text(void *i, const calm_request *r, char *out, const calm_sink *s) {
      calm_random random = r->random;
      unsigned long long a = calm_next(&random), b = calm_next(&random);
      sprintf(out, "%llu %llu %.17g", a, b, calm_uniform(&random));
      return calm_string(out);
    }
    static calm_text bad_text(void *i, const calm_request *r, char *out, const calm_sink *s) { return calm_string("\xff\xc0"); }
    static calm_text no_text(void *i, const calm_request *r, char *out, const calm_sink *s) { return calm_string(0); }
    static calm_text slow_text(void *i, const calm_request *r, char *out, const calm_sink *s) {
      while (!s->stopped(s->context)) usleep(1000);
      return calm_string("");
    }
    static int answer(void *i, const calm_request *const *r, size_t n, const calm_sink *sink, calm_error *e) {
      for (size_t k = 0; k < n; k++) {
        const calm_request *request = r[k];
        char out[8192];
        union { calm_answer a; char room[sizeof(calm_answer) + 64]; } u;
        memset(&u, 0, sizeof u);
        u.a = (calm_answer){.size = ANSWER_SIZE, .index = request->index, .finish = "length", .failure = FAILURE};
        u.a.text = TEXT(i, request, out, sink);
        if (sink->answer(sink->context, &u.a) != CALM_OK) return CALM_STOPPED;
    #ifdef FAIL_ANSWER
        return calm_fail(e, "out of ideas", 0);
    #endif
      }
      return CALM_OK;
    }
    static const struct { calm_augmentor a; void *later[4]; } augmentor = {{AUGMENTOR_SIZE, fingerprint, ANSWER}};
    static const struct { calm_plugin p; char later[64]; } plugin = {{PLUGIN_SIZE, &calm_stamp_data, KIND, FLAGS, ID, "1.2.3", "MIT",
      "a toy", PLUGIN_OPTIONS, COUNT, CREATE, free, &augmentor.a, 0}};
    CALM_EXPORT const calm_plugin *ENTRY(void) { return &plugin.p; }
    """#
}
