/// The header `Retry-After`: seconds, or the time of a day.
public enum RetryAfter {
  /// A wait that somebody asks for, as it can be reckoned with; nil where it is no time at all.
  public static func plausible(_ seconds: Double) -> Double? {
    seconds.isFinite && seconds >= 0 ? min(seconds, longest) : nil
  }

  /// A generation: whoever asks for more means never.
  private static let longest = 1e9

  /// Seconds from `now`, which is in seconds since 1970; nil where the value is neither. What is past is 0.
  public static func seconds(_ value: String, now: Double) -> Double? {
    let value = value.drop { $0 == " " }
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) {
      return Double(value).flatMap(plausible)
    }
    return time(value).flatMap { plausible(max(0, $0 - now)) }
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` in seconds since 1970.
  private static func time(_ text: Substring) -> Double? {
    let parts = text.split(whereSeparator: { (c: Character) in " ,:".contains(c) }).map { String($0) }
    guard parts.count == 8, parts[7] == "GMT", let day = Int(parts[1]), let month = months.firstIndex(of: parts[2]),
      let year = Int(parts[3]), let hour = Int(parts[4]), let minute = Int(parts[5]), let second = Int(parts[6]),
      (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute),
      (0...60).contains(second)
    else { return nil }
    return Double(((days(year, month + 1, day) * 24 + hour) * 60 + minute) * 60 + second)
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Days since 1970. Years begin in March here, so that the leap day is the last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month > 2 ? year : year - 1, month = month > 2 ? month - 3 : month + 9
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
  }
}
