import FoundationEssentials
import PluginAPI

#if canImport(Glibc)
  import Glibc
#endif

/// Where a run stands, beside its tensors: everything that a resumed run needs to be bitwise the run that was not interrupted.
struct TrainingState: Codable, Sendable {
  /// Optimiser steps taken, the epoch (from 0) and the batches of it that are done.
  var step = 0
  var epoch = 0
  var batch = 0
  /// The best dev F1 so far, its epoch, and epochs since without a better one.
  var bestScore: Double?
  var bestEpoch: Int?
  /// All dev scores of that epoch, which stand in the results.
  var bestDev: RunResults.Split?
  var epochsWithoutGain = 0
  /// Sums since the epoch began, for its table row.
  var lossSum = 0.0
  var partSums: [String: Double] = [:]
  /// Length of `metrics.jsonl`.
  var metricsLength = 0
  /// What did not fit into the encoder so far.
  var cut = RunResults.Cut()
  /// The finished epochs' rows.
  var rows: [EpochRow] = []
  /// SHA-256 of the configuration and the data that matter for training.
  var configuration = ""

  /// Whether these numbers can have come about with so many batches an epoch.
  func isPossible(batchesAnEpoch: Int) -> Bool {
    let (before, overflows) = epoch.multipliedReportingOverflow(by: batchesAnEpoch)
    return epoch >= 0 && (0...batchesAnEpoch).contains(batch) && !overflows && step >= before && step - before == batch
      && (0...epoch).contains(epochsWithoutGain) && metricsLength >= 0
  }
}

/// Checkpoints in `checkpoints/step-N/`: `state.safetensors` (weights, moments) and `manifest.json` (state, digests).
/// Written to a temporary folder, synced, renamed; the newest two are kept.
struct CheckpointStore {
  let folder: RunFolder

  private struct Manifest: Codable {
    var state: TrainingState
    var sha256: [String: String]
    var plugins: [String: [UInt8]]
  }

  private static let file = "state.safetensors", manifestFile = "manifest.json"

  func save(_ state: TrainingState, optimiser: Optimiser, plugins: [(role: String, plugin: any Plugin)]) throws {
    let name = Self.name(state)
    let temporary = "checkpoints/.writing"
    try? FileManager.default.removeItem(atPath: folder.file(temporary))
    try folder.makeFolder(temporary)
    let path = folder.file(temporary + "/" + Self.file)
    do {
      try SafeTensors.write(
        optimiser.slots.flatMap { slot in
          [(slot.name, slot.parameter.value), ("adamw.m." + slot.name, slot.m), ("adamw.v." + slot.name, slot.v)]
        }, to: path)
    } catch { throw Diagnostic("S601", "the checkpoint was not written: \(error)") }
    try write(state, digest: Digest.sha256(ofFile: path), plugins: plugins, to: temporary)
    try? FileManager.default.removeItem(atPath: folder.file(name))
    guard rename(folder.file(temporary), folder.file(name)) == 0 else {
      throw Diagnostic("S601", "\(folder.file(name)) cannot be written: \(systemMessage())")
    }
    folder.sync("checkpoints")
    for old in names.dropLast(2) { remove(old) }
  }

  /// Writes anew where the run stands beside the tensors of the step's checkpoint, which are the same still.
  func amend(_ state: TrainingState, plugins: [(role: String, plugin: any Plugin)]) throws {
    let name = Self.name(state)
    try write(state, digest: manifest(in: folder.file(name)).sha256[Self.file], plugins: plugins, to: name)
  }

  private func write(
    _ state: TrainingState, digest: String?, plugins: [(role: String, plugin: any Plugin)], to name: String
  ) throws {
    let manifest = Manifest(
      state: state, sha256: digest.map { [Self.file: $0] } ?? [:],
      plugins: try Dictionary(uniqueKeysWithValues: plugins.map { ($0.role, try $0.plugin.saveState()) }))
    try folder.write(json: manifest, to: name + "/" + Self.manifestFile)
  }

  private func manifest(in path: String) throws -> Manifest {
    try JSONDecoder().decode(Manifest.self, from: Data(FileBytes.read(path + "/" + Self.manifestFile)))
  }

  private func remove(_ name: String) { try? FileManager.default.removeItem(atPath: folder.file("checkpoints/" + name)) }

  private static func name(_ state: TrainingState) -> String {
    "checkpoints/step-" + String(repeating: "0", count: max(0, 8 - String(state.step).count)) + String(state.step)
  }

  /// Checkpoint folders, oldest first.
  private var names: [String] { Self.names(run: folder.path) }

  static func names(run: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: run + "/checkpoints")) ?? [])
      .filter { $0.hasPrefix("step-") }.sorted()
  }

  /// Restores the newest checkpoint that is whole; nil where there is none at all. Damaged ones that are newer are removed, which
  /// the run will write again; throws where all are damaged.
  func restore(
    into optimiser: Optimiser, plugins: [(role: String, plugin: any Plugin)], configuration: String, batchesAnEpoch: Int,
    note: (String) -> Void
  ) throws -> TrainingState? {
    let names = names
    var damaged: [String] = []
    for name in names.reversed() {
      let path = folder.file("checkpoints/" + name)
      let manifest: Manifest
      do {
        manifest = try self.manifest(in: path)
        guard try Digest.sha256(ofFile: path + "/" + Self.file) == manifest.sha256[Self.file] else {
          note("checkpoint \(path) is damaged (its digest does not match) and is passed over")
          damaged.append(name)
          continue
        }
      } catch is DecodingError {
        note("checkpoint \(path) is damaged (its \(Self.manifestFile) is not what was written) and is passed over")
        damaged.append(name)
        continue
      } catch {
        note("checkpoint \(path) cannot be read and is passed over: \(DiagnosticPrinter.line(of: error))")
        continue
      }
      guard manifest.state.configuration == configuration else {
        throw Diagnostic(
          "S604", "the data files or contexts have changed since the checkpoints in \(folder.path) were written",
          hint: "restore them, or train afresh into another folder with --out")
      }
      guard Self.name(manifest.state) == "checkpoints/" + name, manifest.state.isPossible(batchesAnEpoch: batchesAnEpoch) else {
        note("checkpoint \(path) is damaged (its \(Self.manifestFile) tells of a step that cannot be) and is passed over")
        damaged.append(name)
        continue
      }
      do {
        let file = try SafeTensors(path: path + "/" + Self.file)
        for slot in optimiser.slots {
          try file.read(slot.name, into: slot.parameter.value)
          try file.read("adamw.m." + slot.name, into: slot.m)
          try file.read("adamw.v." + slot.name, into: slot.v)
        }
      } catch { throw Diagnostic("S602", "\(error)", hint: "remove that checkpoint; the one before it is used then") }
      optimiser.findSeenRows()
      for (role, plugin) in plugins { try plugin.loadState(manifest.plugins[role] ?? []) }
      optimiser.step = manifest.state.step
      for name in damaged { remove(name) }
      return manifest.state
    }
    guard names.isEmpty else {
      throw Diagnostic(
        "S602", "no checkpoint in \(folder.path)/checkpoints is whole", hint: "remove that folder to train afresh")
    }
    return nil
  }
}
