import Glibc
import Text

/// The settings that are strings of a certain form.
extension Form where Value == String {
    /// Any text but an empty one.
    static func text(_ what: String = "string", example: String = "\"…\"") -> Form {
        setting(what, example: example) { $0.isEmpty ? .failure(Problem(message: "it is empty")) : .success($0) }
    }

    /// `host:port`, `[::1]:8080`, `:8080` (every IPv4 address).
    static let address = setting("address", example: "\"127.0.0.1:8080\"", pattern: ".*:[0-9]{1,5}") { Network.address($0) }

    /// `10.0.0.0/8`, `::1/128`, or one address.
    static let network = setting("network", example: "\"10.0.0.0/8\"") { Network.range($0) }

    /// `https://example.org`, without a path.
    static let origin = setting("origin", example: "\"https://example.org\"", pattern: "https?://[^/]+") { text in
        Network.url(text).flatMap { url in
            url.hasPath ? .failure(Problem(message: "an origin has no path")) : .success(url.text)
        }
    }

    /// `http` or `https`, without query and fragment; a trailing slash is taken off.
    static let url = setting("URL", example: "\"https://example.org\"", pattern: "https?://.+") { Network.url($0).map(\.text) }

    /// One that uploads can be told by; what is not among them would never be accepted.
    static let mediaType = setting("media type", example: "\"image/jpeg\"", pattern: "[a-z]+/[a-z0-9.+-]+") { text in
        let known = MediaKind.knownTypes
        if known.contains(text) { return .success(text) }
        return .failure(
            Problem(
                message: "'\(text)' is no media type that can be told by a file's content",
                suggestion: NearestName.phrase(for: text, among: known) ?? "known here: \(known.joined(separator: ", "))"))
    }

    /// BCP 47, by its form.
    static let locale = setting("locale", example: "\"en\"", pattern: localePattern) { text in
        isLocale(text) ? .success(text) : .failure(Problem(message: "it is no locale such as en or fa-IR"))
    }

    static let localePattern = "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"

    static func isLocale(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.first.map { (2...3).contains($0.utf8.count) && $0.utf8.allSatisfy(Ascii.isLetter) } == true
            && parts.dropFirst().allSatisfy {
                (2...8).contains($0.utf8.count) && $0.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) }
            }
    }

    /// An IANA name, by its form.
    static let timezone = setting("time zone", example: "\"Europe/Berlin\"", pattern: "[A-Za-z][A-Za-z0-9_+/-]*") { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isWellFormed =
            (1...3).contains(parts.count) && text.utf8.first.map(Ascii.isLetter) == true
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || "_+-".utf8.contains($0) }
            }
        return isWellFormed ? .success(text) : .failure(Problem(message: "it is no time zone such as UTC or Asia/Tehran"))
    }

    /// A file or directory; relative ones are resolved by whoever knows where they start.
    static let path = setting("path", example: "\"data\"") { text in
        text.isEmpty || text.utf8.contains(0) ? .failure(Problem(message: "it is no path")) : .success(text)
    }

    /// `sqlite:<file>`
    static let databaseURL = setting("database URL", example: "\"sqlite:atlas.db\"", pattern: "sqlite:.+") { text in
        if text.hasPrefix("sqlite:"), text.count > 7, !text.hasPrefix("sqlite://") { return .success(text) }
        if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
            return .failure(Problem(message: "PostgreSQL is not available in this version", suggestion: "write \"sqlite:atlas.db\""))
        }
        return .failure(Problem(message: "it is no database URL"))
    }

    /// URL segments: `blog/posts`.
    static let routePath = word("path", example: "\"blog/posts\"", pattern: "[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*") { text in
        guard text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isSegment) else {
            return .failure(
                Problem(message: "a path is made of a-z, 0-9, _ and -, in segments between slashes", suggestion: "without a leading slash"))
        }
        return .success(text)
    }

    static func isSegment(_ segment: Substring) -> Bool {
        segment.utf8.first.map { Ascii.isLower($0) || Ascii.isDigit($0) } == true
            && segment.utf8.allSatisfy { Ascii.isLower($0) || Ascii.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// The name of a field, collection, kind or rule.
    static func name(_ what: String) -> Form {
        word(what, example: "\"name\"", pattern: Name.pattern) { text in
            Name.isWellFormed(text) ? .success(text) : .failure(Problem(message: "it is no name: a-z, 0-9 and _, beginning with a letter"))
        }
    }

    /// A field with `-` before it where the order is descending.
    static let orderedName = word("field name, `-` before it for descending", example: "\"-created_at\"", pattern: "-?\(Name.pattern)") {
        text in
        let name = text.hasPrefix("-") ? String(text.dropFirst()) : text
        return Name.isWellFormed(name) ? .success(text) : .failure(Problem(message: "it is no field name, with or without '-' before it"))
    }

    /// Fields through references: `author.city`.
    static let fieldPath = word("field path", example: "\"author\"", pattern: "\(Name.pattern)(\\.\(Name.pattern))*") { text in
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { Name.isWellFormed(String($0)) }
            ? .success(text) : .failure(Problem(message: "it is no field"))
    }

    /// A DNS name, without a port.
    static let hostName = setting("host name", example: "\"api.example.org\"", pattern: "[A-Za-z0-9.-]+") { Network.host($0) }

    /// The path of a URL, with its leading slash.
    static let urlPath = setting("URL path", example: "\"/app\"", pattern: "/[!-~]*") { text in
        text.hasPrefix("/") && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) && !"?#\"\\".utf8.contains($0) }
            ? .success(text) : .failure(Problem(message: "a path begins with / and has no query"))
    }

    /// An address of mail: `ops@example.org` or `Ops <ops@example.org>`.
    static let mailbox = setting("mail address", example: "\"Site <no-reply@example.org>\"", pattern: ".+@.+") { text in
        var address = Substring(text)
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") { address = text[text.index(after: open)...].dropLast() }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPlain, parts.count == 2, !parts[0].isEmpty, !parts[0].contains(where: { " <>,;:\"".contains($0) }),
            case .success = Network.host(String(parts[1]))
        else {
            return .failure(Problem(message: "it is no mail address"))
        }
        return .success(text)
    }

    /// ISO 3166-1, two letters, by its form.
    static let country = setting("country", example: "\"IR\"", pattern: "[A-Z]{2}") { text in
        text.utf8.count == 2 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            ? .success(text) : .failure(Problem(message: "a country has two capital letters, such as IR"))
    }

    /// Text for people; may hold anything.
    static let prose = word("text", example: "\"…\"") { .success($0) }
}

extension Form where Value == String {
    /// The text with the place of its first character, inside the quotes.
    var located: Form<Located<String>> {
        let read = read
        return Form<Located<String>>(shape: shape) { node, reading in
            read(node, reading).map { Located($0, at: node.inside) }
        }
    }
}

extension Form where Value == Located<String> {
    /// An expression; its place is that of its first character, inside the quotes.
    static let expression = Form(shape: .text("expression", example: "\"true\"")) { node, reading in
        guard let text = node.string else {
            if case .bool(let truth) = node.value {
                reading.report("an expression is a string", node, suggestion: "write \"\(truth)\"")
            } else {
                reading.report("an expression is expected here, not \(node.kind)", node, suggestion: "write it in quotes")
            }
            return nil
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            reading.report("the expression is empty", node)
            return nil
        }
        return Located(text, at: node.inside)
    }
}

extension TOMLNode {
    /// The place of a string's first character, after its quotes.
    var inside: Location {
        guard case .string(let text) = value else { return at }
        var place = at
        if end.line == at.line {
            let written = end.column - at.column
            let length = text.unicodeScalars.count
            // An override without quotes is as long as its text; else one quote, or three, stand on either side.
            place.column += written <= length ? 0 : written == length + 6 ? 3 : 1
        } else if text.unicodeScalars.first == "\n" || text.unicodeScalars.count(where: { $0 == "\n" }) == end.line - at.line {
            place.column += 3
        } else {
            // A line break right after the opening quotes is no part of the text.
            place.line += 1
            place.column = 1
        }
        return place
    }
}

enum Ascii {
    static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) && byte < 0x80 }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
