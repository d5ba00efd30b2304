package import Records

/// What a new password must be.
package struct PasswordPolicy: Sendable {
    private let minimum: Int
    private let maximum: Int

    /// Bounds in characters.
    package init(minimum: Int, maximum: Int) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// What is wrong with it; nil: nothing.
    package func fault(_ password: String, email: String?) -> FieldFault? {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: "password", code: code, message: message) }
        let length = password.unicodeScalars.count
        if length < minimum { return fault("min", "must have at least \(minimum) characters") }
        if length > maximum { return fault("max", "must have at most \(maximum) characters") }
        let plain = password.lowercased()
        let base = String(plain.reversed().drop { $0.isNumber || "!.?*#@".contains($0) }.reversed())
        if Self.common.contains(plain) || Self.common.contains(base) || Set(plain).count < 3 {
            return fault("common", "is one of the first that anybody would try")
        }
        if let email, plain == email.lowercased() || plain == email.lowercased().prefix(while: { $0 != "@" }) {
            return fault("common", "must not be the e-mail address")
        }
        return nil
    }

    /// Words that open most lists of leaked passwords; digits and marks at their end are not counted.
    private static let common: Set<String> = Set(
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
