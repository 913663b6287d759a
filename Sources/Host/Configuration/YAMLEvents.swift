import CYaml

/// One step of libyaml's reading, copied into Swift values.
struct YAMLEvent {
  /// What was read.
  enum Kind {
    case scalar(String, Style)
    case alias(String)
    case listStart, listEnd, mapStart, mapEnd
    case documentStart, documentEnd, streamStart, streamEnd
  }

  /// How a scalar is written.
  enum Style { case plain, quoted, block }

  /// A place in the text: all count from 0, in Unicode scalars.
  struct Position {
    var line: Int
    var column: Int
    /// From the start of the text.
    var index: Int

    init(_ mark: yaml_mark_t) { (line, column, index) = (Int(mark.line), Int(mark.column), Int(mark.index)) }
  }

  var kind: Kind
  /// The name after `&`.
  var anchor: String?
  /// The resolved tag.
  var tag: String?
  /// Whether a list or mapping is written with brackets.
  var flow = false
  var start: Position
  var end: Position
}

/// Why libyaml cannot go on, in its own words.
struct YAMLProblem: Error {
  var problem: String
  var context: String
  var at: YAMLEvent.Position
  /// Where the thing it was reading begins; nil where it does not say.
  var opened: YAMLEvent.Position?
}

/// libyaml's event parser over one text.
final class YAMLEventStream {
  // libyaml keeps pointers to both, so neither may move.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// A reader of `text`; nil where memory is short.
  init?(_ text: String) {
    let utf8 = Array(text.utf8)
    input = .allocate(capacity: max(1, utf8.count))
    _ = input.initialize(from: utf8)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { return nil }
    // Named, not guessed: libyaml would take a text that begins with the right bytes for UTF-16.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, utf8.count)
  }

  deinit {
    // Harmless for a parser that failed to initialise: it is all zeros then.
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event.
  func next() throws(YAMLProblem) -> YAMLEvent {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw problem() }
    defer { yaml_event_delete(&raw) }
    var event = YAMLEvent(
      kind: .streamEnd, start: YAMLEvent.Position(raw.start_mark), end: YAMLEvent.Position(raw.end_mark))
    switch raw.type {
    case YAML_STREAM_START_EVENT: event.kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: event.kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: event.kind = .documentEnd
    case YAML_SEQUENCE_END_EVENT: event.kind = .listEnd
    case YAML_MAPPING_END_EVENT: event.kind = .mapEnd
    case YAML_ALIAS_EVENT: event.kind = .alias(string(raw.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      event.kind = .scalar(text, style(scalar.style))
      (event.anchor, event.tag) = (string(scalar.anchor), string(scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      let list = raw.data.sequence_start
      event.kind = .listStart
      (event.anchor, event.tag, event.flow) = (string(list.anchor), string(list.tag), list.style == YAML_FLOW_SEQUENCE_STYLE)
    case YAML_MAPPING_START_EVENT:
      let map = raw.data.mapping_start
      event.kind = .mapStart
      (event.anchor, event.tag, event.flow) = (string(map.anchor), string(map.tag), map.style == YAML_FLOW_MAPPING_STYLE)
    default: break
    }
    return event
  }

  private func problem() -> YAMLProblem {
    let context = parser.pointee.context.map { String(cString: $0) } ?? ""
    return YAMLProblem(
      problem: parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read", context: context,
      at: YAMLEvent.Position(parser.pointee.problem_mark),
      opened: context.isEmpty ? nil : YAMLEvent.Position(parser.pointee.context_mark))
  }

  private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? { bytes.map { String(cString: $0) } }

  private func style(_ style: yaml_scalar_style_t) -> YAMLEvent.Style {
    switch style {
    case YAML_PLAIN_SCALAR_STYLE: .plain
    case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
    default: .quoted
    }
  }
}
