/// What a plugin can be.
public enum PluginKind: String, Sendable, CaseIterable {
  /// See ``Augmentor``.
  case augmentor
  /// See ``Encoder``.
  case encoder
  /// See ``Decoder``.
  case decoder
  /// See ``Loss``.
  case loss
  /// What the host loads for itself; experiments do not name it.
  case service
}

/// Anything that a plugin's factory makes. See ``Augmentor``, ``Encoder``, ``Decoder`` and ``Loss``.
public protocol Plugin: AnyObject, Sendable {
  /// What training changes; empty for a plugin without weights. The host owns optimiser, clipping, schedule and checkpoints.
  var parameters: [Parameter] { get }
  /// Whatever beyond ``parameters`` a resumed run needs; empty where nothing is. Throws where it cannot be told.
  func saveState() throws -> [UInt8]
  /// Takes back what ``saveState()`` gave. Throws where that is none of its states.
  func loadState(_ state: [UInt8]) throws
}

extension Plugin {
  /// No parameters.
  public var parameters: [Parameter] { [] }
  /// No state; does not throw.
  public func saveState() throws -> [UInt8] { [] }
  /// No state; does not throw.
  public func loadState(_ state: [UInt8]) throws {}
}

/// A plugin's identity card, known before an instance is made.
public struct Manifest: Sendable {
  /// The name that YAML files use, e.g. `crf`: lower case, digits and hyphens.
  public var id: String
  /// Which protocol its instances implement.
  public var kind: PluginKind
  /// Semantic version of the plugin.
  public var version: String
  /// SPDX identifier of its licence.
  public var licence: String
  /// One line of help.
  public var summary: String
  /// The options it takes, each described once: checked, defaulted and documented from here.
  public var options: [OptionField]
  /// Augmentors: whether the text is a function of the request and its seed (`true`) or is only recorded, as a live search is.
  public var seeded: Bool = true
  /// Augmentors: whether requests carry a rendered prompt.
  public var takesPrompt: Bool = false
  /// Augmentors: whether they answer for sentences outside the data files; one that serves stored contexts does not.
  public var answersNewText: Bool = true

  /// An identity card.
  public init(
    id: String, kind: PluginKind, version: String, licence: String, summary: String, options: [OptionField] = [],
    seeded: Bool = true, takesPrompt: Bool = false, answersNewText: Bool = true
  ) {
    self.id = id
    self.kind = kind
    self.version = version
    self.licence = licence
    self.summary = summary
    self.options = options
    self.seeded = seeded
    self.takesPrompt = takesPrompt
    self.answersNewText = answersNewText
  }
}

/// What an instance is made for, known to the host only: a decoder needs the encoder's width and the tags.
public struct Shape: Sendable {
  /// The width of word vectors; 0 where there is no encoder.
  public var width: Int = 0
  /// The tags, in the order of their indices: `O` first, then BIOES tags. Empty where there is no tagging.
  public var tags: [String] = []
  /// Whether only the text side will be asked for (`calm tokenize`): a model's weights need not be read.
  public var textOnly: Bool = false

  /// A shape.
  public init(width: Int = 0, tags: [String] = [], textOnly: Bool = false) {
    self.width = width
    self.tags = tags
    self.textOnly = textOnly
  }
}

/// Makes instances of one plugin. Use ``retained(_:options:make:)`` instead of conforming.
public protocol PluginFactory: AnyObject, Sendable {
  /// The identity card.
  var manifest: Manifest { get }
  /// A new instance. `options` is the YAML mapping under `options:`. Throws ``Diagnostics`` for faults of the options and
  /// ``PluginError`` for everything else.
  func make(options: ConfigNode, shape: Shape, services: Services) throws -> any Plugin
}

/// Carries a factory through the C entry point.
public final class PluginBox: Sendable {
  /// The factory.
  public let factory: any PluginFactory
  /// A box.
  public init(_ factory: any PluginFactory) { self.factory = factory }
}

/// The body of a plugin's entry point:
///
///     @c(calm_plugin_Echo) public func entry() -> UnsafePointer<calm_plugin_info> {
///       exportPlugin(calm_this_stamp()) {
///         retained(manifest, options: EchoOptions.self) { options, shape, services in Echo(options) }
///       }
///     }
///
/// - Parameters:
///   - stamp: `calm_this_stamp()`, called in the plugin so that the plugin's image carries it.
///   - factory: makes a retained ``PluginBox``; see ``retained(_:options:make:)``.
@_alwaysEmitIntoClient
public func exportPlugin(
  _ stamp: UnsafePointer<calm_stamp>, _ factory: @escaping @convention(c) () -> UnsafeRawPointer?
) -> UnsafePointer<calm_plugin_info> {
  let info = UnsafeMutablePointer<calm_plugin_info>.allocate(capacity: 1)
  info.initialize(to: calm_plugin_info(size: MemoryLayout<calm_plugin_info>.size, stamp: stamp, factory: factory))
  return UnsafePointer(info)
}

/// A retained factory for ``exportPlugin(_:_:)``, made from a manifest, the type of the options and a closure that makes instances or
/// throws a ``PluginError``.
public func retained<Options: PluginOptions>(
  _ manifest: Manifest, options: Options.Type,
  make: @escaping @Sendable (Options, Shape, Services) throws -> any Plugin
) -> UnsafeRawPointer {
  var manifest = manifest
  manifest.options = Options.fields
  return UnsafeRawPointer(Unmanaged.passRetained(PluginBox(TypedFactory(manifest: manifest, make: make))).toOpaque())
}

/// Erases the options' type, so that no generic crosses the boundary.
private final class TypedFactory<Options: PluginOptions>: PluginFactory {
  let manifest: Manifest
  private let makeTyped: @Sendable (Options, Shape, Services) throws -> any Plugin

  init(manifest: Manifest, make: @escaping @Sendable (Options, Shape, Services) throws -> any Plugin) {
    self.manifest = manifest
    self.makeTyped = make
  }

  func make(options: ConfigNode, shape: Shape, services: Services) throws -> any Plugin {
    try makeTyped(decodeOptions(Options.self, from: options, what: "options of plugin `\(manifest.id)`"), shape, services)
  }
}

/// What went wrong in a plugin: one sentence, and what to do about it.
public struct PluginError: Error, CustomStringConvertible, Sendable {
  /// The fault, in one sentence that names what and where.
  public var message: String
  /// What the user can do; empty where the message says it.
  public var hint: String

  /// An error.
  public init(_ message: String, hint: String = "") {
    self.message = message
    self.hint = hint
  }

  /// Message and hint.
  public var description: String { hint.isEmpty ? message : "\(message); \(hint)" }
}
