internal import Expressions
package import NIOCore
internal import Schema

/// Takes the seal off; nil for what was not sealed here.
package typealias Unseal = @Sendable ([UInt8]) -> [UInt8]?

/// Secrets that Atlas must know and nobody may read in its files: stored under seal, shown in the answer to their creation alone.
package enum SealedSecret {
    private static let mark = "sealed:"

    /// A new secret of a webhook, as Standard Webhooks writes them (11-precisions 63).
    static func made(by random: [UInt8]) -> String { "whsec_" + Base64.standard(random) }

    static func sealed(_ secret: String, by seal: Seal?) throws -> String {
        guard let sealed = seal?(Array(secret.utf8)), !sealed.isEmpty else { throw MessagesUnsealed() }
        return mark + Base64.url(sealed)
    }

    /// The secret itself; nil for what was not sealed here.
    package static func opened(_ text: some StringProtocol, by open: Unseal) -> String? {
        guard text.hasPrefix(mark), let sealed = Base64.decodeURL(text.dropFirst(mark.count)), let bytes = open(sealed) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same answer with each secret that stands in it under seal as it is. What only looks like one stays.
    static func revealed(in buffer: ByteBuffer, by open: Unseal) -> ByteBuffer {
        let parts = buffer.readableBytesView.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        guard parts.contains(where: { $0.starts(with: mark.utf8) }) else { return buffer }
        var revealed = ByteBuffer()
        for (index, part) in parts.enumerated() {
            if index > 0 { revealed.writeInteger(UInt8(ascii: "\"")) }
            if part.starts(with: mark.utf8), let secret = opened(String(decoding: part, as: UTF8.self), by: open) {
                revealed.writeString(secret)
            } else {
                revealed.writeBytes(part)
            }
        }
        return revealed
    }
}

extension Records {
    /// An answer to creations, with what is revealed once.
    package func revealing(_ buffer: ByteBuffer) -> ByteBuffer { unseal.map { SealedSecret.revealed(in: buffer, by: $0) } ?? buffer }
}
