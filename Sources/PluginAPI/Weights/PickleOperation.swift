/// The operations of pickle protocol 2 that `torch.save` writes. None of them can do more than arrange values.
enum PickleOperation: UInt8 {
  case proto = 0x80, stop = 0x2e
  case mark = 0x28
  case none = 0x4e, newTrue = 0x88, newFalse = 0x89
  /// BININT1, BININT2: unsigned. BININT: signed.
  case int8 = 0x4b, int16 = 0x4d, int32 = 0x4a
  /// LONG1: two's complement of up to 255 bytes.
  case long = 0x8a
  case real = 0x47
  case text = 0x58
  /// GLOBAL: module and name, a line each.
  case symbol = 0x63
  case emptyTuple = 0x29, tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87, tuple = 0x74
  case emptyList = 0x5d, append = 0x61, appends = 0x65
  case emptyDictionary = 0x7d, setItem = 0x73, setItems = 0x75
  case put8 = 0x71, put32 = 0x72, get8 = 0x68, get32 = 0x6a
  /// BINPERSID: a storage, by the tuple that describes it.
  case persistent = 0x51
  /// Where Python would call a function; here a comparison with three patterns.
  case reduce = 0x52
  case build = 0x62
}
