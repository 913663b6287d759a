/// A value for every Unicode scalar, in pages of 128. Pages of a single value are shared.
struct ScalarTable {
  static let pageBits: UInt32 = 7
  private static let pageSize = 1 << Int(pageBits)
  private static let limit: UInt32 = 0x110000

  private(set) var pages: [UInt16]
  private(set) var entries: [UInt32] = []
  // The shared page of a value.
  private var uniform: [UInt32: UInt16] = [:]
  private var isShared: [Bool] = []

  init(repeating value: UInt32) {
    pages = []
    let page = uniformPage(value)
    pages = Array(repeating: page, count: Int(Self.limit >> Self.pageBits))
  }

  subscript(scalar: UInt32) -> UInt32 {
    get { entries[index(scalar)] }
    set {
      let slot = Int(scalar >> Self.pageBits)
      if isShared[Int(pages[slot])] {
        let start = Int(pages[slot]) * Self.pageSize
        entries.append(contentsOf: Array(entries[start..<start + Self.pageSize]))
        pages[slot] = UInt16(isShared.count)
        isShared.append(false)
      }
      entries[index(scalar)] = newValue
    }
  }

  mutating func fill(_ range: ClosedRange<UInt32>, with value: UInt32) {
    var scalar = range.lowerBound
    while scalar <= range.upperBound {
      let pageEnd = scalar | UInt32(Self.pageSize - 1)
      if scalar & UInt32(Self.pageSize - 1) == 0, pageEnd <= range.upperBound {
        pages[Int(scalar >> Self.pageBits)] = uniformPage(value)
        scalar = pageEnd + 1
      } else {
        self[scalar] = value
        scalar += 1
      }
    }
  }

  private func index(_ scalar: UInt32) -> Int {
    Int(pages[Int(scalar >> Self.pageBits)]) * Self.pageSize + Int(scalar & UInt32(Self.pageSize - 1))
  }

  private mutating func uniformPage(_ value: UInt32) -> UInt16 {
    if let page = uniform[value] { return page }
    let page = UInt16(isShared.count)
    entries.append(contentsOf: repeatElement(value, count: Self.pageSize))
    isShared.append(true)
    uniform[value] = page
    return page
  }
}
