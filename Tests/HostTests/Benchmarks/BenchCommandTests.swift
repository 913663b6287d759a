import FoundationEssentials
import TestSupport
import Testing

@testable import Host

/// Every benchmark runs on a tiny model and prints JSON with numbers that can be.
@Suite("calm bench")
struct BenchCommandTests {
  let lab: Lab

  init() throws { lab = try Lab() }

  /// The lines of a benchmark that must succeed.
  private func bench(_ arguments: String...) throws -> [JSONValue] {
    let result = try ChildProcess.run([Lab.program, "bench"] + arguments + ["--format", "json"], timeout: .seconds(60))
    #expect(result.outcome == .exited(0), "\(arguments): \(String(decoding: result.errors, as: UTF8.self))")
    return try String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { try JSONValue.parse(String($0)) }
  }

  private func expectPositive(_ row: JSONValue, _ names: String..., place: SourceLocation = #_sourceLocation) {
    for name in names { #expect(row[name]?.number ?? 0 > 0, "\(name)", sourceLocation: place) }
  }

  @Test func `gemm measures the products of each shape`() throws {
    let rows = try bench("gemm", "--shapes", "64x48x32,5x7x3", "--repeat", "2", "--threads", "1")
    #expect(rows.count == 8)
    for row in rows {
      expectPositive(row, "gflops", "medianMs", "readGBs")
      #expect(row["threads"]?.number == 1 && row["repeat"]?.number == 2)
    }
  }

  @Test func `gemm has other precisions`() throws {
    let half = try bench("gemm", "--shapes", "64x48x32", "--repeat", "1", "--precision", "bf16")
    #expect(half.count == 4 && half.allSatisfy { $0["precision"]?.text == "bf16" })
    #expect(try bench("gemm", "--shapes", "64x48x32", "--repeat", "1", "--precision", "int8").count == 1)
  }

  @Test func `encoder counts real tokens`() throws {
    let row = try #require(
      try bench("encoder", "--model", lab.path("model"), "--batch", "3", "--length", "20", "--repeat", "3").first)
    expectPositive(row, "tokensPerSecond", "peakMB")
    #expect(row["tokens"]?.number == 60 && row["sentences"]?.number == 3)
    let (least, median, most) = (row["minMs"]?.number ?? 0, row["medianMs"]?.number ?? 0, row["maxMs"]?.number ?? 0)
    #expect(0 < least && least <= median && median <= most)
  }

  @Test func `encoder reads the sentences of a file`() throws {
    try lab.write("the old town\n\nAnna went to Oslo\nquiet\n", to: "text")
    let row = try #require(
      try bench("encoder", "--model", lab.path("model"), "--data", lab.path("text"), "--batch", "2", "--repeat", "1").first)
    #expect(row["sentences"]?.number == 3 && row["tokens"]?.number == 3 + 4 + 1 + 6)
  }

  @Test func `a shape needs no model`() throws {
    let row = try #require(try bench("encoder", "--shape", "tiny", "--length", "9", "--batch", "2", "--repeat", "1").first)
    #expect(row["tokens"]?.number == 18)
  }

  @Test func `the precision is an option of the plugin`() throws {
    let answer = try lab.calm("bench", "encoder", "--model", lab.path("model"), "--precision", "fp7", "--repeat", "1")
    #expect(answer.code == 2 && answer.errors.contains("fp7"), "\(answer.errors)")
    let row = try bench("encoder", "--model", lab.path("model"), "--precision", "int8", "--repeat", "1").first
    #expect(row?["precision"]?.text == "int8")
  }

  @Test func `train runs steps and says where the time goes`() throws {
    let row = try #require(try bench("train", lab.config, "--steps", "4", "--warmup", "1").first)
    expectPositive(
      row, "stepsPerSecond", "tokensPerSecond", "sentencesPerSecond", "peakMB", "ms.encoder.forward.plain",
      "ms.encoder.backward.augmented", "ms.decoder", "ms.loss", "ms.optimiser")
    #expect(row["steps"]?.number == 4 && row["batch"]?.number == 3)
    let parts = ["encoder.forward.augmented", "encoder.backward.augmented", "encoder.forward.plain", "encoder.backward.plain"]
    let sum = (parts + ["decoder", "loss", "optimiser"]).reduce(0) { $0 + (row["ms." + $1]?.number ?? 0) }
    #expect(sum <= 1.01 * (row["maxMs"]?.number ?? 0))
  }

  @Test func `train goes on into further epochs`() throws {
    let row = try #require(
      try bench("train", lab.config, "--set", "data.limit=6", "--steps", "5", "--warmup", "0").first)
    #expect(row["steps"]?.number == 5)
    #expect(!FileManager.default.fileExists(atPath: lab.path("runs")))
  }

  @Test func `crf gives microseconds a token`() throws {
    let row = try #require(
      try bench("crf", "--batch", "2", "--length", "5", "--tags", "6", "--width", "8", "--repeat", "2").first)
    expectPositive(row, "lossAndGradientMicroseconds", "bestPathsMicroseconds")
    #expect(row["threads"]?.number == 1)
  }

  @Test func `tokenizer gives megabytes a second`() throws {
    try lab.write("the old town\nAnna went to Oslo .\n", to: "text")
    let row = try #require(try bench("tokenizer", "--model", lab.path("model"), lab.path("text"), "--repeat", "2").first)
    expectPositive(row, "megabytesPerSecond", "tokensPerSecond")
    #expect(row["bytes"]?.number == 33 && row["tokens"]?.number == 3 + 2 + 5 + 2)
  }

  @Test(.enabled(if: ExamplePlugins.c != nil && ExamplePlugins.python != nil, "there is no C compiler or no python3"))
  func `plugins gives microseconds a request through each boundary`() throws {
    let library = try #require(ExamplePlugins.c) + "/libEchoC.so", command = try #require(ExamplePlugins.python)
    let rows = try bench(
      "plugins", library, "--command", command.joined(separator: " "), "--batch", "4", "--repeat", "1", "--copies", "1,3")
    #expect(rows.count == 8)
    for row in rows.prefix(6) { expectPositive(row, "microsecondsARequest", "makeMs") }
    #expect(rows.prefix(6).map { $0["runs"]?.text } == ["library", "library", "process", "process", "process", "process"])
    for row in rows.suffix(2) { expectPositive(row, "ms", "msAPlugin") }
    #expect(rows.last?["plugins"]?.number == 3)
  }

  @Test func `a written model is read by other commands`() throws {
    let folder = lab.path("random"), vocabulary = lab.path("model")
    #expect(try lab.calm("bench", "model", "--shape", "minilm", "--tokenizer", vocabulary, "-o", folder).code == 0)
    #expect(try lab.bytes("random/vocab.txt") == lab.bytes("model/vocab.txt"))
    #expect(try lab.calm("bench", "model", "--shape", "tiny", "-o", folder).code == 6)
    #expect(try bench("encoder", "--model", folder, "--batch", "1", "--length", "8", "--repeat", "1").count == 1)
  }

  @Test func `the sweep writes a row a step and two plots`() throws {
    let script = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/Benchmarks/scaling"
    let arguments = "--shape tiny --lengths 16,32 --step-tokens 32 --tokens 32 --length 16 --threads 1 --steps 1"
    let result = try ChildProcess.run(
      ["/usr/bin/env", "CALM=\(Lab.program)", "PYTHONDONTWRITEBYTECODE=1", "python3", script]
        + arguments.split(separator: " ").map(String.init) + ["-o", lab.path("plots")], timeout: .seconds(60))
    #expect(result.outcome == .exited(0), "\(String(decoding: result.errors, as: UTF8.self))")
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { $0.split(separator: ",") }
    #expect(lines.count == 4 && lines.allSatisfy { $0.count == 9 })
    #expect(lines.dropFirst().allSatisfy { (Double($0[6]) ?? 0) > 0 })
    for sweep in ["length", "tokens"] {
      #expect(String(decoding: try lab.bytes("plots/tiny-\(sweep).svg"), as: UTF8.self).hasSuffix("</svg>\n"))
    }
  }

  @Test func `wrong arguments are refused`() throws {
    for arguments in [
      ["gemm", "--shapes", "1x2"], ["gemm", "--repeat", "0"], ["gemm", "--threads", "0"], ["gemm", "--threads", "65"],
      ["encoder"],
      ["encoder", "--shape", "tiny", "--model", "m"], ["encoder", "--shape", "tiny", "--length", "2"],
      ["crf", "--tags", "0"], ["model", "-o", "m"], ["train", lab.config, "--steps", "0"], ["plugins"],
      ["plugins", "libX.so", "--copies", "0"],
      ["plugins", "libX.so", "--copies", "many"],
    ] {
      let result = try ChildProcess.run([Lab.program, "bench"] + arguments, timeout: .seconds(60))
      #expect(result.outcome == .exited(2), "\(arguments)")
      #expect(result.output.isEmpty && !result.errors.isEmpty)
    }
    let crf = try lab.calm("bench", "crf", "--plugin", "biobert")
    #expect(crf.code == 4 && crf.errors.contains("P310"))
  }
}
