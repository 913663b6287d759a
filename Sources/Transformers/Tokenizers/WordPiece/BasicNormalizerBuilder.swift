/// Composes the steps of the basic tokenizer into one action for each scalar.
struct BasicNormalizerBuilder {
  private(set) var table = ScalarTable(repeating: ScalarAction(.letter).rawValue)
  private(set) var sequences: [UInt32] = []
  private(set) var ideographs: [ClosedRange<UInt32>] = []
  private var punctuation: Set<UInt32> = []
  private var lowercase: [UInt32: UInt32] = [:]
  private var combiningClasses: [UInt32: UInt32] = [:]

  // A later step overwrites an earlier one.
  init(_ options: WordPieceOptions) {
    if options.spacesIdeographs { ideographs = UnicodeClasses.ideographs }
    for range in ideographs { table.fill(range, with: ScalarAction(.isolated).rawValue) }
    for range in UnicodeClasses.punctuation {
      punctuation.formUnion(range)
      table.fill(range, with: ScalarAction(.isolated).rawValue)
    }
    if options.lowercases { addLowercase() }
    if options.stripsAccents { addDecompositions() }
    for range in UnicodeClasses.removed { table.fill(range, with: ScalarAction(.removed).rawValue) }
    for range in UnicodeClasses.spaces { table.fill(range, with: ScalarAction(.space).rawValue) }
  }

  private mutating func addLowercase() {
    for (first, last, step, distance) in CaseMappings.lowercase {
      for scalar in stride(from: first, through: last, by: Int(step)) {
        lowercase[scalar] = UInt32(Int64(scalar) + Int64(distance))
      }
    }
    for scalar in lowercase.keys { set(scalar, [scalar]) }
    set(CaseMappings.lowercaseSequence.source, CaseMappings.lowercaseSequence.target)
  }

  private mutating func addDecompositions() {
    for (range, combiningClass) in UnicodeClasses.combiningClasses {
      for scalar in range {
        combiningClasses[scalar] = combiningClass
        set(scalar, [scalar])
      }
    }
    for pair in CanonicalBases.packed { set(pair >> 16, [pair & 0xFFFF]) }
    for (index, base) in CanonicalBases.compatibilityIdeographs.enumerated() {
      set(CanonicalBases.compatibilityIdeographsStart + UInt32(index), [base])
    }
    for (source, bases) in CanonicalBases.sequences { set(source, bases) }
    table.fill(Hangul.syllables, with: ScalarAction(.syllable).rawValue)
    for range in UnicodeClasses.nonspacingMarks { table.fill(range, with: ScalarAction(.removed).rawValue) }
    for range in UnicodeClasses.nonspacingStarters { table.fill(range, with: ScalarAction(.removedStarter).rawValue) }
  }

  /// `bases`: what decomposition makes of `source`; not lower-cased yet.
  private mutating func set(_ source: UInt32, _ bases: [UInt32]) {
    let actions = bases.map { action($0, source: source) }
    if actions.count == 1 {
      table[source] = actions[0].rawValue
    } else {
      table[source] = ScalarAction(.sequence, UInt32(sequences.count)).rawValue
      sequences.append(UInt32(actions.count))
      sequences += actions.map(\.rawValue)
    }
  }

  // Ideographs are found before decomposition, punctuation after it: U+2260 ends as "=", a word of its own.
  private func action(_ base: UInt32, source: UInt32) -> ScalarAction {
    let target = lowercase[base] ?? base
    let payload = target == source ? 0 : target
    if punctuation.contains(target) || ideographs.contains(where: { $0.contains(source) }) {
      return ScalarAction(.isolated, payload)
    }
    guard let combiningClass = combiningClasses[base] else { return ScalarAction(.letter, payload) }
    return ScalarAction(.mark, payload, combiningClass: combiningClass)
  }
}
