extension String {
  /// Where `text` first stands, compared scalar by scalar.
  func range(ofFirst text: String) -> Range<String.Index>? {
    let wanted = Array(text.unicodeScalars), own = unicodeScalars
    var start = own.startIndex
    while start != own.endIndex {
      if own[start...].starts(with: wanted) { return start..<own.index(start, offsetBy: wanted.count) }
      start = own.index(after: start)
    }
    return nil
  }

  /// Without white space at its ends.
  var trimmed: String {
    guard let first = unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(unicodeScalars[first...last])
  }
}
