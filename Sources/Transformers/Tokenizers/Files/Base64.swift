import FoundationEssentials

/// Binary data in a JSON text.
enum Base64 {
  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? { Data(base64Encoded: Data(text)).map { [UInt8]($0) } }
}
