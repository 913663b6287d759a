import PluginAPI

/// What a process that tries a plugin is told to do.
struct ValidationJob: Codable, Sendable {
  enum Task: Codable, Sendable, Equatable {
    /// Open it, look at its manifest, make an instance, and name the laws of its kind.
    case survey
    /// Look for other plugins of its id.
    case neighbours
    /// Try the law of this name.
    case law(String)
  }

  var task: Task
  /// The plugin's library.
  var path: String
  /// The YAML file with its options.
  var options: String?
  var seed: UInt64
  /// Bytes of private memory.
  var memory: Int
  /// How long an augmentor may take to end after it was cancelled.
  var patience: Double
}

/// A line that such a process writes: what it is about to do, or what it found.
struct ValidationMessage: Codable, Sendable {
  /// How far it is; a process that ends says by the last one where.
  enum Step: String, Codable, Sendable {
    case opening, making, asking, trying, done
  }

  /// The plugin's own account.
  struct Identity: Codable, Sendable {
    var id: String
    var kind: String
    var version: String
  }

  struct Result: Codable, Sendable {
    var law: String
    var passed: Bool
    var reason: String

    init(_ result: LawResult) { (law, passed, reason) = (result.law, result.passed, result.reason) }
  }

  /// A ``Diagnostic`` on its way between processes.
  struct Fault: Codable, Sendable {
    var code: String, message: String, hint: String?, notes: [String]
    var file: String?, line: Int?, column: Int?, length: Int?

    init(_ fault: Diagnostic) {
      (code, message, hint, notes) = (fault.code, fault.message, fault.hint, fault.notes)
      (file, line, column, length) = (fault.mark?.file, fault.mark?.line, fault.mark?.column, fault.mark?.length)
    }

    var diagnostic: Diagnostic {
      var mark: SourceMark?
      if let file, let line, let column { mark = SourceMark(file: file, line: line, column: column, length: length ?? 1) }
      return Diagnostic(code, message, mark: mark, hint: hint, notes: notes)
    }
  }

  var step: Step?
  var identity: Identity?
  var results: [Result]?
  /// The laws of its kind.
  var names: [String]?
  /// Why it cannot be opened.
  var fault: Fault?
  /// What is wrong with the given options.
  var options: [Fault]?
  /// The beginning of what it wrote to standard output.
  var printed: String?
}
