#if canImport(Glibc)
  import Glibc
#endif

/// Something with a known length that can be read at any position.
protocol ByteSource {
  /// The name for messages.
  var name: String { get }
  /// The number of bytes.
  var length: Int { get }
  /// Fills `buffer` from `offset`; the caller stays within `length`.
  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FITSError)
}

extension ByteSource {
  /// `count` bytes from `offset`, fewer at the end.
  func bytes(at offset: Int, count: Int) throws(FITSError) -> [UInt8] {
    let available = max(0, min(count, length - offset))
    var result = [UInt8](repeating: 0, count: available)
    var failure: FITSError?
    result.withUnsafeMutableBytes { buffer in
      do throws(FITSError) { try read(buffer, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
    return result
  }
}

/// Bytes in memory.
struct MemorySource: ByteSource {
  let name: String
  let content: [UInt8]

  var length: Int { content.count }

  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FITSError) {
    buffer.copyBytes(from: content[offset..<offset + buffer.count])
  }
}

/// An open file, closed when the last user lets go of it.
final class OpenFile: ByteSource, Sendable {
  let name: String
  let descriptor: Int32
  let length: Int

  /// Takes over an open descriptor.
  init(descriptor: Int32, length: Int, name: String) {
    self.descriptor = descriptor
    self.length = length
    self.name = name
  }

  /// Opens a plain file for reading; pipes, devices and folders are refused without waiting.
  init(path: String) throws(FITSError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FITSError(.unreadable, String(cString: strerror(errno)), file: path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FITSError(.unreadable, "this is not a plain file", file: path)
    }
    self.descriptor = descriptor
    name = path
    length = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// A name under which other libraries can open the very same file, renamed or unlinked meanwhile
  /// or not.
  var descriptorPath: String { "/proc/self/fd/\(descriptor)" }

  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FITSError) {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
      if count < 0 {
        if errno == EINTR { continue }
        throw FITSError(.unreadable, String(cString: strerror(errno)), file: name)
      }
      if count == 0 {
        throw FITSError(
          .changed,
          "the file ended at byte \(offset + done) while it was being read, "
            + "and had \(length) bytes when it was opened", file: name)
      }
      done += count
    }
  }
}
