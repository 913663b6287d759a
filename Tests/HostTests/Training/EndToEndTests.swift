import FoundationEssentials
import Testing
import TestSupport

@testable import Host

/// The program itself, on a tiny model and a few sentences: train, stop in the middle, resume, evaluate, tag.
@Suite("End to end")
struct EndToEndTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  @Test func killedAndResumedRunIsBitwiseTheSame() throws {
    // Long enough that no machine is through before the signal comes.
    let train = ["train", lab.config, "--set", "training.epochs=60", "--out"]
    #expect(try lab.calm(train + [lab.path("whole")]).code == 0)
    // Killed without warning, twice, once a checkpoint of that step or a later one is there.
    for step in [20, 24] {
      let resume = step > 20 ? "--resume" : ""
      let script = """
        "\(Lab.program)" train "\(lab.config)" --set training.epochs=60 --out "\(lab.path("cut"))" \(resume) 2> /dev/null & pid=$!
        for i in $(seq 3000); do
          latest=$(ls "\(lab.path("cut"))"/checkpoints 2> /dev/null | grep step- | tail -n 1)
          [ "$latest" \\< "step-000000\(step)" ] || break
          sleep 0.005
        done
        kill -9 $pid; wait $pid
        """
      let killed = try ChildProcess.run(["/bin/bash", "-c", script], timeout: .seconds(60))
      #expect(killed.outcome == .exited(137), "the run ended before it was killed: \(killed)")
    }
    #expect(!FileManager.default.fileExists(atPath: lab.path("cut/last/model.safetensors")))
    #expect(try lab.calm(train + [lab.path("cut"), "--resume"]).code == 0)
    for file in ["last/model.safetensors", "best/model.safetensors", "metrics.jsonl"] {
      #expect(try lab.bytes("whole/" + file) == lab.bytes("cut/" + file), "\(file)")
    }
    // Events differ in their times alone, and none is there twice.
    let events = try ["whole", "cut"].map { run in
      try EventReader.events(Array(lab.bytes("\(run)/\(TensorBoardLog.file)"))).map { event in
        var event = event
        event.time = 0
        return event
      }
    }
    let lines = try lab.bytes("whole/metrics.jsonl").split(separator: 0x0A).count
    #expect(events[0] == events[1] && events[0].count == lines + 1)
  }

  @Test func interruptedRunSavesAndNamesTheWayBack() throws {
    let script = """
      "\(Lab.program)" train "\(lab.config)" --set training.epochs=200 --out "\(lab.path("run"))" & pid=$!
      for i in $(seq 3000); do
        ls "\(lab.path("run"))"/checkpoints 2> /dev/null | grep -q step- && break
        sleep 0.005
      done
      kill -INT $pid; wait $pid
      """
    // A background job of sh ignores SIGINT unless job control is on, so SIGTERM stands in where it does.
    let result = try ChildProcess.run(
      ["/bin/bash", "-mc", script], timeout: .seconds(60))
    #expect(result.outcome == .exited(130))
    #expect(String(decoding: result.errors, as: UTF8.self).contains("--resume"))
  }

  @Test func equalSeedsGiveEqualModels() throws {
    for name in ["a", "b"] { #expect(try lab.calm("train", lab.config, "--out", lab.path(name)).code == 0) }
    #expect(try lab.calm("train", lab.config, "--out", lab.path("c"), "--set", "seed=2").code == 0)
    #expect(try lab.bytes("a/last/model.safetensors") == lab.bytes("b/last/model.safetensors"))
    #expect(try lab.bytes("a/last/model.safetensors") != lab.bytes("c/last/model.safetensors"))
  }

  @Test func runEvaluateAndTagAgree() throws {
    let run = try lab.calm("run", lab.config, "--out", lab.path("run"), "--format", "json")
    #expect(run.code == 0, "\(run.errors)")
    let results = try lab.json("run/results.json")
    let f1 = try #require(results["test"]?["with"]?["micro"]?["f1"]?.number)
    #expect(f1 > 0.9, "twelve epochs on sentences of one pattern are learned")
    // Dev's scores are those of the best epoch, as the best model gives them.
    let best = results["bestEpoch"]?.number, epochs = results["epochs"]?.items
    let dev = try #require(results["dev"]?["without"]?["micro"]?["f1"]?.number)
    #expect(epochs?.first { $0["epoch"]?.number == best }?["without"]?.number == dev)
    let again = try lab.calm("evaluate", lab.path("run"), "--split", "dev", "--format", "json")
    #expect(try JSONValue.parse(again.output)["dev"] == results["dev"], "\(again.errors)")
    // The same numbers from the prediction file and from `evaluate`.
    let score = try lab.calm(
      "score", lab.path("test.conll"), lab.path("run/predictions.with.conll"), "--format", "json")
    #expect(try JSONValue.parse(score.output)["micro"]?["f1"]?.number == f1)
    let evaluated = try lab.calm("evaluate", lab.path("run"), "--format", "json")
    #expect(try JSONValue.parse(evaluated.output)["test"]?["with"]?["micro"]?["f1"]?.number == f1)
    for by in ["type", "length", "seen", "context-class"] {
      #expect(try lab.calm("evaluate", lab.path("run"), "--by", by).code == 0)
    }
    try lab.write("the old town of Bergen\n", to: "new.txt")
    for format in ["text", "conll", "json", "html"] {
      let tagged = try lab.calm("tag", lab.path("run"), lab.path("new.txt"), "--format", format)
      #expect(tagged.code == 0 && tagged.output.contains("Bergen"), "\(format): \(tagged.errors)")
    }
    // Line i of the output is of line i of the input.
    try lab.write("\nto Oslo\n \t\nto Bergen\n", to: "gaps.txt")
    let gaps = try lab.calm("tag", lab.path("run"), lab.path("gaps.txt"), "--without-context")
    let lines = gaps.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 5 && lines[0] == "" && lines[1].contains("Oslo") && lines[2] == "" && lines[3].contains("Bergen"))
    let told = try lab.calm(
      "tag", lab.path("run"), lab.path("gaps.txt"), "--contexts", lab.path("contexts.test.json"), "--format", "json")
    #expect(told.code == 3 && told.errors.contains("for 2 sentences"), "\(told.errors)")
  }

  /// One line of YAML, or one flag, changes the arithmetic; int8 evaluates what others trained, and says so where it cannot train.
  @Test func precisionsTrainAndEvaluate() throws {
    let trained = try lab.calm(
      "run", lab.config, "--out", lab.path("bf16"), "--set", "encoder.options.precision=bf16", "--format", "json")
    #expect(trained.code == 0, "\(trained.errors)")
    for precision in ["fp32", "bf16", "int8"] {
      let set = "encoder.options.precision=\(precision)"
      let evaluated = try lab.calm("evaluate", lab.path("bf16"), "--format", "json", "--set", set)
      let f1 = try #require(try JSONValue.parse(evaluated.output)["test"]?["with"]?["micro"]?["f1"]?.number)
      #expect(f1 > 0.9, "\(precision)")
    }
    let refused = try lab.calm("train", lab.config, "--out", lab.path("int8"), "--set", "encoder.options.precision=int8")
    #expect(refused.code != 0 && refused.errors.contains("inference only"), "\(refused.errors)")
    let misspelt = try lab.calm("evaluate", lab.path("bf16"), "--set", "encoder.options.precision=bf17")
    #expect(misspelt.code == 2 && misspelt.errors.contains("bf16"), "\(misspelt.errors)")
  }

  @Test func checkRehearsesAndSeveralSeedsAreSummed() throws {
    let check = try lab.calm("check", lab.config)
    #expect(check.code == 0 && check.output.contains("rehearsal"), "\(check.errors)")
    let run = try lab.calm(
      "run", lab.config, "--out", lab.path("seeds"), "--seeds", "1,2", "--set", "training.epochs=1", "--format", "json")
    #expect(run.code == 0, "\(run.errors)")
    let cell = try lab.json("seeds/results.json")["cells"]?.items?.first
    #expect(cell?["summary"]?["test"]?["with"]?["f1"]?["std"]?.number != nil)
    let compared = try lab.calm("compare", lab.path("seeds"), lab.path("seeds/seed-1"), "--samples", "200", "--format", "json")
    let rows = try JSONValue.parse(compared.output).items ?? []
    #expect(compared.code == 0 && rows.count == 4, "\(compared.errors)")
    #expect(rows.first?["f1"]?["count"]?.number == 2 && rows[1]["comparison"]?["randomisationP"]?.number != nil)
  }

  @Test func refusalsNameTheCauseAndKeepTheRun() throws {
    #expect(try lab.calm("train", lab.config, "--out", lab.path("run"), "--set", "training.epochs=1").code == 0)
    // A second run into the same folder, another configuration on resumption, a changed model.
    #expect(try lab.calm("train", lab.config, "--out", lab.path("run")).code == 6)
    let other = try lab.calm("train", lab.config, "--out", lab.path("run"), "--resume")
    #expect(other.code == 6 && other.errors.contains("another configuration"))
    try lab.write("broken", to: "run/best/model.safetensors")
    #expect(try lab.calm("tag", lab.path("run"), lab.path("test.conll")).code == 6)
    // Faults of the configuration are told together, with their places.
    let wrong = try lab.calm("check", lab.config, "--set", "loss.options.temprature=1", "--set", "training.epochs=many")
    #expect(wrong.code == 2 && wrong.errors.contains("temperature") && wrong.errors.contains("C104"))
    // Contexts of other sentences.
    try lab.write(#"{"prompt": "", "data": []}"#, to: "contexts.train.json")
    #expect(try lab.calm("check", lab.config).code == 3)
  }
}
