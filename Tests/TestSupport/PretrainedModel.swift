import FoundationEssentials

/// Models that `calm model fetch` has put into the cache.
public enum PretrainedModel {
  /// MiniLM's folder; nil where it has not been fetched.
  public static let minilm: String? = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["CALM_CACHE"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.cache/calm"
    let folder = cache + "/models/minilm"
    return FileManager.default.fileExists(atPath: folder + "/model.safetensors") ? folder : nil
  }()
}
