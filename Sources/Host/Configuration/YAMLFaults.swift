import PluginAPI

/// libyaml's complaint as a sentence for the person who wrote the file: what is wrong, where, and what usually causes it.
func diagnostic(for problem: YAMLProblem, in source: YAMLSource) -> Diagnostic {
  var (sentence, hint) = explanation(of: problem, in: source)
  var place = problem.at
  if let opened = problem.opened {
    // Where nothing is left to point at, or nothing is wrong there, the culprit is what was opened and never closed.
    if source.isAtEnd(place) || unclosed.contains(problem.problem) {
      place = opened
    } else if opened.line != place.line, problem.context.hasPrefix("while parsing") {
      sentence += " (it began in line \(opened.line + 1))"
    }
  }
  return Diagnostic("C100", sentence, mark: source.mark(place, length: 1), hint: hint)
}

private let unclosed: Set<String> = [
  "could not find expected ':'", "found unexpected end of stream", "found unexpected document indicator",
]

private func explanation(of problem: YAMLProblem, in source: YAMLSource) -> (sentence: String, hint: String?) {
  switch problem.problem {
  case "found character that cannot start any token": return strayCharacter(source.scalar(at: problem.at))
  case "mapping values are not allowed in this context":
    return ("a `:` is not expected here", "put text with `: ` in quotes, or check the indentation")
  case "mapping keys are not allowed in this context":
    return ("a key is not expected here", "put it on a line of its own")
  case "block sequence entries are not allowed in this context":
    return ("a list item is not expected here", "put `-` on a line of its own, or the text in quotes")
  case "could not find expected ':'": return ("this line has no `:` after its key", "write `key: value`")
  case "did not find expected ',' or ']'":
    return ("a list in brackets is not closed, or a comma is missing", "expected `,` or `]`")
  case "did not find expected ',' or '}'":
    return ("a mapping in braces is not closed, or a comma is missing", "expected `,` or `}`")
  case "did not find expected key":
    return ("this does not continue the mapping around it", "check the indentation and the quotes")
  case "did not find expected '-' indicator":
    return ("this does not continue the list around it", "check the indentation; list items begin with `- `")
  case "did not find expected node content": return ("a value is missing here", nil)
  case "did not find expected <document start>":
    return ("this does not continue the document", "check the indentation of this line and the one before")
  case "found unexpected end of stream", "found unexpected document indicator":
    return ("a quote is opened and never closed", "opened here")
  case "found unknown escape character":
    return ("this escape is unknown within double quotes", "use single quotes for text with backslashes")
  case "did not find expected hexdecimal number", "found invalid Unicode character escape code":
    return ("this escape does not give a character", "write `\\xNN`, `\\uNNNN` or `\\UNNNNNNNN`")
  case "found a tab character that violates indentation",
    "found a tab character where an indentation space is expected":
    return strayCharacter("\t")
  case "did not find expected comment or line break": return ("only a comment may follow here", nil)
  case "did not find expected alphabetic or numeric character":
    return ("`&` and `*` need a name of letters and digits after them", "put text that begins with them in quotes")
  case "found undefined tag handle": return ("this tag is unknown", "leave it out")
  case "found incompatible YAML document": return ("this version of YAML is not supported", "leave the directive out")
  default: return (problem.problem, nil)
  }
}

private func strayCharacter(_ scalar: Unicode.Scalar?) -> (sentence: String, hint: String?) {
  guard let scalar else { return ("the text ends too early", nil) }
  if scalar == "\t" { return ("a tab cannot indent", "use spaces") }
  return ("`\(scalar)` cannot begin a value", "put the value in quotes")
}
