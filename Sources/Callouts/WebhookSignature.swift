internal import Crypto
internal import Records

/// Headers of Standard Webhooks: what tells a receiver who sent a message, when, and that it is the same as before.
struct WebhookSignature {
    private let key: SymmetricKey

    /// A secret beginning `whsec_` is base64 after it, otherwise its bytes are the key (11-precisions 63). Nil where it is neither.
    init?(secret: [UInt8]) {
        let prefix = Array("whsec_".utf8)
        guard secret.starts(with: prefix) else {
            if secret.isEmpty { return nil }
            key = SymmetricKey(data: secret)
            return
        }
        let text = String(decoding: secret.dropFirst(prefix.count), as: UTF8.self)
        // The standard alphabet, with or without padding; the one for URLs too.
        let letters = text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" }
        guard let bytes = Base64.decodeURL(String(letters)), !bytes.isEmpty else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// - Parameters:
    ///   - id: of the message, the same with each try.
    ///   - second: since 1970, of this try.
    func headers(id: String, second: Int64, body: [UInt8]) -> [(name: String, value: String)] {
        let signed = Array("\(id).\(second).".utf8) + body
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: key)
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(second)"), ("webhook-signature", "v1," + Base64.standard(Array(code))),
        ]
    }
}
