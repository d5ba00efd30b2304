package import Crypto
internal import Glibc
package import Ports
internal import Records

/// The one secret of a site, from which every other key is derived (HKDF-SHA256, RFC 5869). Never printed.
package struct MasterKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: SymmetricKey

    package var description: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    package init(bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
    }

    package enum Purpose: String, Sendable {
        case refreshTokens = "atlas refresh tokens v1"
        case proofData = "atlas proof data v1"
        case secondFactors = "atlas second factors v1"
        case proofs = "atlas proofs v1"
        case sealing = "atlas sealing v1"
        /// Of messages that wait to be sent.
        case messages = "atlas messages v1"
        case eventTickets = "atlas event tickets v1"
        case eventProofs = "atlas event proofs v1"
        case signingKeys = "atlas signing keys v1"
        case apiKeys = "atlas API keys v1"
        case failures = "atlas failed sign-ins v1"
    }

    package func derived(for purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(purpose.rawValue.utf8), outputByteCount: 32)
    }

    package struct Unreadable: Error, CustomStringConvertible {
        package var description: String
    }

    /// The key of `app.master_key`.
    package static func configured(_ bytes: [UInt8]) throws(Unreadable) -> MasterKey {
        guard bytes.count >= 32 else {
            throw Unreadable(
                description: "app.master_key is not there or has fewer than 32 bytes: run this with the environment of the service")
        }
        return MasterKey(bytes: bytes)
    }

    /// The key in that file, made (0600, synced) if there is none.
    package static func load(path: String, random: any Random) throws(Unreadable) -> MasterKey {
        let existing = open(path, O_RDONLY | O_CLOEXEC)
        if existing >= 0 {
            defer { close(existing) }
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = bytes.withUnsafeMutableBytes { read(existing, $0.baseAddress, $0.count) }
            guard count >= 32 else { throw Unreadable(description: "\(path) is no master key: it has fewer than 32 bytes") }
            var key = Array(bytes[0..<count])
            while key.last == UInt8(ascii: "\n") { key.removeLast() }
            return MasterKey(bytes: key)
        }
        guard errno == ENOENT else { throw Unreadable(description: "cannot read \(path): \(String(cString: strerror(errno)))") }
        let text = Base64.url(random.bytes(32))
        let made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw Unreadable(description: "cannot make \(path): \(String(cString: strerror(errno)))") }
        defer { close(made) }
        let bytes = Array((text + "\n").utf8)
        guard write(made, bytes, bytes.count) == bytes.count, fsync(made) == 0 else {
            throw Unreadable(description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        return MasterKey(bytes: Array(text.utf8))
    }
}
