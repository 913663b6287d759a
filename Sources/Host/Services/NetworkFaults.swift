import PluginAPI

extension Diagnostic {
  /// What the user is told where a request failed. `about` says what was to be done.
  init(_ failure: HTTPFailure, about: String? = nil, hint: String? = nil) {
    let code =
      switch failure.kind {
      case .refused: "N504"
      case .connection, .unreachable, .timeout, .circuit: "N505"
      case .status, .answer: "N506"
      case .quota: "N507"
      @unknown default: "N506"
      }
    self.init(code, (about.map { $0 + ": " } ?? "") + failure.message, hint: hint)
  }
}
