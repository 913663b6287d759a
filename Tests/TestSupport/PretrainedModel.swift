import FoundationEssentials

/// Models that `calm model fetch` has put into the cache.
public enum PretrainedModel {
  /// MiniLM's folder; nil where it has not been fetched.
  public static let minilm: String? = {
    let folder = models + "/minilm"
    return FileManager.default.fileExists(atPath: folder + "/model.safetensors") ? folder : nil
  }()

  /// SmolLM2's GGUF file; nil where it has not been fetched.
  public static let smollm2: String? = {
    let folder = models + "/smollm2"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().first { $0.hasSuffix(".gguf") }.map { folder + "/" + $0 }
  }()

  private static let models: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["CALM_CACHE"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.cache/calm"
    return cache + "/models"
  }()
}
