#if canImport(Glibc)
  import Glibc
#endif

/// Writes a text to standard output as it is.
///
/// Where the reader has gone (`| head`), the rest is dropped without a word.
public func printOutput(_ text: String) { write(text, to: STDOUT_FILENO) }

/// Writes a line to standard error, for notes that are not the result.
public func printNote(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

/// Writes all bytes of a text to a descriptor.
func write(_ text: String, to descriptor: Int32) {
  var text = text
  text.withUTF8 { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest))
      let count = Glibc.write(descriptor, part.baseAddress, part.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}
