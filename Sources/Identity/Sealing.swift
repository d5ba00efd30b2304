internal import Crypto

/// Texts that others keep for the server without reading or changing them (AES-256-GCM, with a key that is derived from the site's).
package struct Sealing: Sendable {
    private let key: SymmetricKey

    package init(_ masterKey: MasterKey, for purpose: MasterKey.Purpose = .sealing) {
        key = masterKey.derived(for: purpose)
    }

    package func seal(_ bytes: [UInt8]) -> [UInt8] {
        // Fails for keys and nonces of other sizes alone.
        (try? AES.GCM.seal(bytes, using: key).combined).map { $0.map { Array($0) } ?? [] } ?? []
    }

    /// Nil for what was not sealed here.
    package func open(_ sealed: [UInt8]) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
        return (try? AES.GCM.open(box, using: key)).map { Array($0) }
    }
}
