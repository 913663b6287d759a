/// The directory of a zip file whose entries are stored as they are: each is a range of the file.
///
/// Only what one writer of whole files makes is read: one directory, at the end, no comment, no encryption, no compression.
/// Everything else is refused, so there is one way to understand a file, and nothing is ever expanded.
struct ZipArchive {
  /// The entries' bytes by name.
  let entries: [String: Range<Int>]

  static let entryLimit = 10_000

  private struct Directory {
    var count: Int
    var range: Range<Int>
  }

  private static let endSize = 22, locatorSize = 20, end64Size = 56, headerSize = 46

  init(_ file: MappedFile) throws {
    let directory = try Self.directory(file)
    guard directory.count <= Self.entryLimit else {
      throw WeightsError(file.path, "has \(directory.count) zip entries; the limit is \(Self.entryLimit)")
    }
    var reader = try Self.reader(file, directory.range)
    var entries: [String: Range<Int>] = [:]
    for _ in 0..<directory.count {
      let entry = try ZipEntry(&reader)
      let range = try entry.data(file, before: directory.range.lowerBound)
      guard entries.updateValue(range, forKey: entry.name) == nil else {
        throw WeightsError(file.path, "has the zip entry `\(entry.name)` twice")
      }
    }
    guard reader.count == 0 else {
      throw WeightsError(file.path, "has \(reader.count) bytes after its zip directory's entries")
    }
    self.entries = entries
  }

  private static func reader(_ file: MappedFile, _ range: Range<Int>) throws -> ByteReader {
    guard let reader = ByteReader(file, range, part: "its zip directory") else {
      throw WeightsError(file.path, "is no whole zip file: truncated?")
    }
    return reader
  }

  /// A reader of `size` bytes at `start`, which must begin with `signature`.
  private static func reader(_ file: MappedFile, at start: Int, size: Int, signature: UInt32) throws -> ByteReader {
    let (end, overflow) = start.addingReportingOverflow(size)
    guard start >= 0, !overflow else { throw WeightsError(file.path, "is no whole zip file: truncated?") }
    var reader = try reader(file, start..<end)
    guard try reader.number(UInt32.self) == signature else {
      throw WeightsError(file.path, "has no zip record where one should be (byte \(start)): truncated, or with a comment?")
    }
    return reader
  }

  /// Where the directory is, by the record at the end of the file and, where there is one, the 64-bit record before it.
  private static func directory(_ file: MappedFile) throws -> Directory {
    let endStart = file.bytes.count - endSize
    var end = try reader(file, at: endStart, size: endSize, signature: 0x0605_4b50)
    let disks = (try end.number(UInt16.self), try end.number(UInt16.self))
    let counts = (try end.number(UInt16.self), try end.number(UInt16.self))
    let size = try end.number(UInt32.self), start = try end.number(UInt32.self)
    let comment = try end.number(UInt16.self)
    guard disks == (0, 0), counts.0 == counts.1, comment == 0 else {
      throw WeightsError(file.path, "is a zip file of several parts or with a comment")
    }
    var directoryEnd = endStart
    var directory = (count: UInt64(counts.0), size: UInt64(size), start: UInt64(start))
    if var locator = try? reader(file, at: endStart - locatorSize, size: locatorSize, signature: 0x0706_4b50) {
      _ = try locator.skip(4)
      directoryEnd = try locator.size(UInt64.self)
      guard directoryEnd == endStart - locatorSize - end64Size else {
        throw WeightsError(file.path, "has its 64-bit zip record elsewhere than before its end")
      }
      var end64 = try reader(file, at: directoryEnd, size: end64Size, signature: 0x0606_4b50)
      _ = try end64.skip(20)  // the record's size, versions, disks
      let wide = (try end64.number(UInt64.self), try end64.number(UInt64.self))
      let wideSize = try end64.number(UInt64.self), wideStart = try end64.number(UInt64.self)
      guard wide.0 == wide.1, counts.0 == .max || directory.count == wide.0, size == .max || directory.size == wideSize,
        start == .max || directory.start == wideStart
      else { throw WeightsError(file.path, "has two zip records at its end that contradict each other") }
      directory = (wide.0, wideSize, wideStart)
    }
    // The records are next to each other, so neither the directory's place nor its size can lie.
    guard directoryEnd >= 0, directory.size <= UInt64(directoryEnd), directory.start == UInt64(directoryEnd) - directory.size
    else {
      throw WeightsError(file.path, "has a zip directory that does not end where its last record begins: truncated?")
    }
    guard directory.count <= directory.size / UInt64(headerSize) else {
      throw WeightsError(file.path, "declares \(directory.count) zip entries in \(directory.size) bytes")
    }
    return Directory(count: Int(directory.count), range: directoryEnd - Int(directory.size)..<directoryEnd)
  }
}
