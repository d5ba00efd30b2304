internal import Crypto
package import Records

/// What a new password must be.
package struct PasswordPolicy: Sendable {
    package enum CharacterClass: String, Sendable { case upper, lower, digit, symbol }

    private let minimum: Int
    private let maximum: Int
    private let required: [CharacterClass]

    /// Bounds in characters; of each class at least one.
    package init(minimum: Int, maximum: Int, required: [CharacterClass] = []) {
        self.minimum = minimum
        self.maximum = maximum
        self.required = required
    }

    /// What is wrong with it; nil: nothing.
    package func fault(_ password: String, email: String?) -> FieldFault? {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: "password", code: code, message: message) }
        let length = password.unicodeScalars.count
        if length < minimum { return fault("min", "must have at least \(minimum) characters") }
        if length > maximum { return fault("max", "must have at most \(maximum) characters") }
        let absent = required.filter { !Self.has($0, password) }
        if !absent.isEmpty { return fault("require", "must have \(absent.map(Self.name).joined(separator: " and "))") }
        let plain = password.lowercased()
        let base = String(plain.reversed().drop { "!.?*#@".contains($0) }.reversed())
        if Self.isCommon(plain) || Self.isCommon(base) || Set(plain).count < 3 {
            return fault("common", "is one of the first that anybody would try")
        }
        if let email, plain == email.lowercased() || plain == email.lowercased().prefix(while: { $0 != "@" }) {
            return fault("common", "must not be the e-mail address")
        }
        return nil
    }

    /// Letters and digits of every script count; what is neither is a symbol.
    private static func has(_ kind: CharacterClass, _ password: String) -> Bool {
        password.contains { character in
            switch kind {
            case .upper: character.isUppercase
            case .lower: character.isLowercase
            case .digit: character.isNumber
            case .symbol: !character.isLetter && !character.isNumber
            }
        }
    }

    private static func name(_ kind: CharacterClass) -> String {
        switch kind {
        case .upper: "a capital letter"
        case .lower: "a small letter"
        case .digit: "a digit"
        case .symbol: "a character that is neither letter nor digit"
        }
    }

    private static func isCommon(_ word: String) -> Bool {
        let digest = number(Array(SHA256.hash(data: Array(word.utf8)))[..<4])
        var (low, high) = (0, leaked.count)
        while low < high {
            let middle = (low + high) / 2
            if leaked[middle] < digest { low = middle + 1 } else { high = middle }
        }
        return low < leaked.count && leaked[low] == digest || near.contains(word)
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    /// Sorted.
    static let leaked: [UInt32] = {
        let bytes = Base64.decodeURL(CommonPasswords.digests[...]) ?? []
        return stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { number(bytes[$0..<$0 + 4]) }
    }()

    /// Words that the lists of leaks have in other forms. Marks at its end make no password better.
    private static let near: Set<String> = Set(
        """
        password passw0rd passwort p@ssword p@ssw0rd pa55word pass passe passwd mypassword yourpassword thepassword password1 changeme
        change-me letmein letmein1 welcome welcome1 willkommen bienvenue admin administrator root toor superuser sysadmin user guest test
        testing tester test1234 demo default secret topsecret master hello hallo bonjour salut login logon access private public server
        qwerty qwertyui qwertyuiop qwertz qwertzuiop azerty azertyuiop asdf asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc
        1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc zaq12wsx q1w2e3r4 q1w2e3r4t5 qwe123 qweasd qweasdzxc abc abcd abcdef abcdefg
        abcdefgh abc123 abcd1234 a1b2c3d4 a1b2c3 aa123456 a123456 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789
        0987654321 987654321 87654321 7654321 654321 54321 11111111 00000000 12341234 12121212 123123 123123123 123321 112233 11223344
        1122334455 147258369 159753 789456123 102030 20202020 iloveyou iloveu loveme lovely love loveyou princess prince princesse
        football fussball soccer baseball basketball hockey monkey dragon shadow sunshine superman batman spiderman starwars pokemon
        michael jennifer jordan jessica ashley daniel thomas robert matthew andrew joshua charlie michelle nicole hannah anthony martin
        liverpool arsenal chelsea barcelona realmadrid juventus manchester yankees cowboys steelers lakers mustang ferrari porsche
        mercedes corvette harley yamaha suzuki computer internet samsung google facebook twitter instagram microsoft apple windows linux
        ubuntu debian oracle cisco whatever trustno trustno1 freedom nothing something blahblah killer hunter hunter2 ranger buster
        ginger pepper cookie cheese chocolate banana orange flower summer winter spring autumn sommer secret1 maggie tigger snoopy
        matrix phoenix thunder diamond silver golden purple yellow blink182 metallica nirvana eminem slipknot correcthorsebatterystaple
        salam khoda iran tehran persepolis esteghlal donya doctor dokhtar pesar eshgh asheghetam mohammad alireza fatemeh zahra hossein
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
