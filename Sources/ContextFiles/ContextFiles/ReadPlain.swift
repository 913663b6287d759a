/// The content of a file, decompressed where it is gzipped: the content tells, not the name.
public func readPlain(
  _ path: String, limits: DecompressionLimits = DecompressionLimits()
) throws(ContextFileError) -> [UInt8] {
  let content = try readFile(path)
  return isGzip(content) ? try gunzip(content, path: path, limits: limits) : content
}
