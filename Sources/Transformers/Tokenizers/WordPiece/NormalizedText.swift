/// A text as BERT's normaliser leaves it, with the spaces and the punctuation that the scanner has no use for.
struct NormalizedText: ~Copyable {
  private var text = GrowableBuffer<UInt8>(capacity: 256)
  // Marks are not reordered across this byte.
  private var barrier = 0

  /// The normalised `bytes`, which stay where they are until the next call.
  mutating func make(_ bytes: UnsafeBufferPointer<UInt8>, _ normalizer: BasicNormalizer) -> UnsafeBufferPointer<UInt8> {
    (text.count, barrier) = (0, 0)
    var position = 0
    while position < bytes.count {
      let (scalar, length) = UTF8Coding.decode(bytes, at: position)
      let isIdeograph = normalizer.ideographs.contains { $0.contains(scalar) }
      if isIdeograph { append(0x20) }
      apply(normalizer.action(scalar), to: scalar, normalizer)
      if isIdeograph { append(0x20) }
      position += length
    }
    return text.elements
  }

  private mutating func apply(_ action: ScalarAction, to scalar: UInt32, _ normalizer: BasicNormalizer) {
    let target = action.payload == 0 ? scalar : action.payload
    switch action.kind {
    case .removed: break
    case .removedStarter: barrier = text.count
    case .space: append(0x20)
    case .letter, .isolated: append(target)
    case .sequence: for part in normalizer.sequence(at: action.payload) { apply(part, to: scalar, normalizer) }
    case .syllable:
      let (leading, vowel, trailing) = Hangul.jamo(scalar)
      append(leading)
      append(vowel)
      if trailing != 0 { append(trailing) }
    case .mark:
      let start = text.count
      append(target)
      CanonicalOrder.place(
        target, combiningClass: action.combiningClass, at: start, to: text.count, of: text.storage, barrier: barrier,
        classOf: { normalizer.action($0).combiningClass })
    }
  }

  private mutating func append(_ scalar: UInt32) {
    text.reserve(4)
    text.count += UTF8Coding.encode(scalar, to: text.storage, at: text.count)
  }
}

extension BasicNormalizer {
  func action(_ scalar: UInt32) -> ScalarAction {
    let page = Int(pages[Int(scalar >> ScalarTable.pageBits)])
    return ScalarAction(
      rawValue: entries[page << Int(ScalarTable.pageBits) | Int(scalar & (1 << ScalarTable.pageBits - 1))])
  }

  /// The actions that one scalar becomes.
  func sequence(at index: UInt32) -> some Sequence<ScalarAction> {
    let start = Int(index) + 1
    return (start..<start + Int(sequences[Int(index)])).lazy.map { ScalarAction(rawValue: sequences[$0]) }
  }
}
