internal import CCrypto

/// SHA-256, by OpenSSL's libcrypto.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
  package let bytes: [UInt8]

  package init(of data: some Sequence<UInt8>) {
    let input = Array(data)
    var output = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    // Fails only when the algorithm is missing from the library, which SHA-256 never is.
    let status = EVP_Digest(input, input.count, &output, &length, EVP_sha256(), nil)
    precondition(status == 1 && length == 32, "libcrypto has no SHA-256")
    bytes = output
  }

  package init(of text: String) { self.init(of: Array(text.utf8)) }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// 64 lower-case hexadecimal digits.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The first 16 digits: enough to name a cache entry.
  package var short: String { String(description.prefix(16)) }
}

/// SHA-256 of data that comes in pieces.
package struct RunningDigest: ~Copyable {
  private let context: OpaquePointer?

  package init() {
    context = EVP_MD_CTX_new()
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
  }

  deinit { EVP_MD_CTX_free(context) }

  package func update(_ data: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, data.baseAddress, data.count) }

  /// The digest of all that was given.
  package consuming func finish() -> Digest {
    var output = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    EVP_DigestFinal_ex(context, &output, &length)
    return Digest(bytes: output)
  }
}
