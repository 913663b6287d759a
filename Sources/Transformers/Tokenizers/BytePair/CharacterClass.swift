/// The classes of scalars that split texts into words: `\p{L}`, `\p{N}`, `\s`, and everything else.
enum CharacterClass: UInt32 {
  case other, letter, number, space

  static let table: Table = {
    var table = ScalarTable(repeating: other.rawValue)
    for range in LetterClasses.letters { table.fill(range, with: letter.rawValue) }
    for range in LetterClasses.numbers { table.fill(range, with: number.rawValue) }
    for range in WhiteSpace.scalars { table.fill(range, with: space.rawValue) }
    return Table(values: FrozenScalarTable(table))
  }()

  struct Table: Sendable {
    fileprivate let values: FrozenScalarTable

    /// The class of the scalar at `position`, and where it ends.
    @inline(__always)
    func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (kind: CharacterClass, end: Int) {
      let (value, end) = values.value(bytes, at: position)
      return (CharacterClass(rawValue: value) ?? .other, end)
    }
  }
}
