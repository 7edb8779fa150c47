// SPDX-License-Identifier: GPL-2.0-or-later

/// Message digests and HMAC (RFC 2104) by OpenSSL's libcrypto.
package struct Digester {
    /// RFC 1321, RFC 3174 and RFC 6234.
    package enum Algorithm: CaseIterable, Sendable {
        case md5, sha1, sha256

        /// Bytes of the digest.
        package var length: Int {
            switch self {
            case .md5: 16
            case .sha1: 20
            case .sha256: 32
            }
        }

        fileprivate var symbol: String {
            switch self {
            case .md5: "EVP_md5"
            case .sha1: "EVP_sha1"
            case .sha256: "EVP_sha256"
            }
        }
    }

    private typealias Method = @convention(c) () -> OpaquePointer?
    private typealias Digest =
        @convention(c) (
            UnsafeRawPointer?, Int, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt32>?, OpaquePointer?,
            OpaquePointer?
        ) -> Int32
    private typealias HMAC =
        @convention(c) (
            OpaquePointer?, UnsafeRawPointer?, Int32, UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?,
            UnsafeMutablePointer<UInt32>?
        ) -> UnsafeMutablePointer<UInt8>?

    package let algorithm: Algorithm
    private let method: OpaquePointer
    private let digest: Digest
    private let hmac: HMAC

    /// Loads the library on first use; nil if there is none, or none that knows the algorithm.
    package init?(_ algorithm: Algorithm) {
        guard let library = Library("libcrypto.so.3", "libcrypto.so.1.1"),
            let digest = library.function("EVP_Digest", as: Digest.self),
            let hmac = library.function("HMAC", as: HMAC.self),
            let method = library.function(algorithm.symbol, as: Method.self)?()
        else { return nil }
        self.algorithm = algorithm
        self.digest = digest
        self.hmac = hmac
        self.method = method
    }

    /// Puts the message's digest in place of what `output` held. False where the library refuses the algorithm (a
    /// system in FIPS mode has no MD5); `output` is then empty.
    @discardableResult
    package func digest(_ message: [UInt8], into output: inout [UInt8]) -> Bool {
        fill(&output) { digest(message, message.count, $0, nil, method, nil) == 1 }
    }

    /// Puts the message's authentication code under the key in place of what `output` held; false as above.
    @discardableResult
    package func authenticate(_ message: [UInt8], key: [UInt8], into output: inout [UInt8]) -> Bool {
        fill(&output) {
            hmac(method, key, Int32(truncatingIfNeeded: key.count), message, message.count, $0, nil) != nil
        }
    }

    private func fill(_ output: inout [UInt8], _ body: (UnsafeMutablePointer<UInt8>?) -> Bool) -> Bool {
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: repeatElement(0, count: algorithm.length))
        let isDone = output.withUnsafeMutableBufferPointer { body($0.baseAddress) }
        if !isDone { output.removeAll(keepingCapacity: true) }
        return isDone
    }
}
