internal import Crypto
internal import CryptoExtras
package import JSON
internal import Records

/// Public keys of another service (RFC 7517), as far as they verify RS256 or ES256.
package struct JSONWebKeys: Sendable {
    /// The two algorithms that services use; everything else is refused, `none` and those of shared secrets first of all.
    enum Algorithm: String {
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    private struct Key: Sendable {
        enum Material: Sendable {
            case rsa(modulus: [UInt8], exponent: [UInt8])
            case p256([UInt8])
        }

        var id: String?
        var material: Material
    }

    private let keys: [Key]
    /// RFC 7518 section 3.3.
    private static let fewestBits = 2_048

    /// What is no such key is left out.
    package init(_ document: JSONValue) {
        keys = (document["keys"]?.array ?? []).prefix(100).compactMap { key in
            if let use = key["use"]?.string, use != "sig" { return nil }
            func bytes(_ name: String) -> [UInt8]? { key[name]?.string.flatMap { Base64.decodeURL($0[...]) } }
            switch key["kty"]?.string {
            case "RSA":
                if let algorithm = key["alg"]?.string, algorithm != Algorithm.rs256.rawValue { return nil }
                guard let modulus = bytes("n"), let exponent = bytes("e"), modulus.drop(while: { $0 == 0 }).count * 8 >= Self.fewestBits
                else { return nil }
                return Key(id: key["kid"]?.string, material: .rsa(modulus: modulus, exponent: exponent))
            case "EC":
                guard key["crv"]?.string == "P-256", let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32 else {
                    return nil
                }
                return Key(id: key["kid"]?.string, material: .p256([4] + x + y))
            default: return nil
            }
        }
    }

    func has(_ id: String) -> Bool { keys.contains { $0.id == id } }

    /// Whether one of the keys has signed that. The key's own kind decides how it verifies, never the token alone. Without an id every key
    /// of the kind is tried.
    func verify(_ signature: [UInt8], of message: [UInt8], by algorithm: Algorithm, id: String?) -> Bool {
        keys.contains { key in
            if let id, key.id != id { return false }
            switch (key.material, algorithm) {
            case (.rsa(let modulus, let exponent), .rs256):
                guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else { return false }
                return key.isValidSignature(
                    _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: message),
                    padding: .insecurePKCS1v1_5)
            case (.p256(let point), .es256):
                guard let key = try? P256.Signing.PublicKey(x963Representation: point),
                    let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
                else { return false }
                return key.isValidSignature(signature, for: SHA256.hash(data: message))
            default: return false
            }
        }
    }
}
