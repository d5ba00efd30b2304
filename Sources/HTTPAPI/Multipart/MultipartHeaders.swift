/// The headers of a part: `content-disposition` is required; of the rest only `content-type` means anything (RFC 7578 section 4).
enum MultipartHeaders {
    static func parse(_ text: String, limits: MultipartLimits) throws(MultipartError) -> MultipartPart {
        var part: MultipartPart?
        var contentType: String?
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                line.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" })
            else { throw MultipartError("a header of a part is malformed") }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "content-disposition":
                guard part == nil else { throw MultipartError("a part has two content-disposition headers") }
                part = try disposition(value, limits)
            case "content-type":
                guard contentType == nil, let parsed = ParameterisedValue(value) else {
                    throw MultipartError("the content type of a part is malformed")
                }
                contentType = parsed.value
            case "content-transfer-encoding":
                // RFC 7578 section 4.7: deprecated; what changes the bytes is refused rather than misread.
                let encoding = ParameterisedValue(value)?.value
                guard encoding == "binary" || encoding == "8bit" || encoding == "7bit" else {
                    throw MultipartError("a content-transfer-encoding is not supported")
                }
            default: continue
            }
        }
        guard var part else { throw MultipartError("a part has no content-disposition") }
        part.contentType = contentType
        return part
    }

    private static func disposition(_ text: String, _ limits: MultipartLimits) throws(MultipartError) -> MultipartPart {
        guard let parsed = ParameterisedValue(text), parsed.value == "form-data" else {
            throw MultipartError("the content-disposition of a part is malformed")
        }
        guard let name = parsed.parameters["name"], !name.isEmpty else { throw MultipartError("a part has no name") }
        // RFC 7578 section 4.2: `filename*` must not be used.
        let filename = parsed.parameters["filename"]
        guard name.utf8.count <= limits.name, (filename?.utf8.count ?? 0) <= limits.name else {
            throw MultipartError("a name of a part is longer than \(limits.name) bytes")
        }
        return MultipartPart(name: decoded(name), filename: filename.map(decoded))
    }

    /// Browsers write `"`, CR and LF as %22, %0D and %0A (WHATWG HTML, multipart/form-data encoding). Line ends have no place in a name.
    private static func decoded(_ text: String) -> String {
        var rest = text[...]
        var result = ""
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[percent...]
            switch rest.prefix(3).uppercased() {
            case "%22": result += "\""
            case "%0D", "%0A": result += " "
            default:
                result += "%"
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(3)
        }
        return result + rest
    }
}

/// A header value with parameters: `value; name=token; name="quoted"` (RFC 9110 section 5.6.6). Names once only.
struct ParameterisedValue {
    /// Lower-case.
    var value: String
    /// By lower-case name.
    var parameters: [String: String] = [:]

    /// nil when it is malformed.
    init?(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }
        func token() -> String {
            let end = rest.firstIndex { $0 == ";" || $0 == "=" || $0 == " " || $0 == "\t" || $0 == "\"" } ?? rest.endIndex
            defer { rest = rest[end...] }
            var token = String.UnicodeScalarView()
            token.append(contentsOf: rest[..<end])
            return String(token)
        }
        skipSpace()
        value = token().lowercased()
        guard !value.isEmpty else { return nil }
        skipSpace()
        while rest.first == ";" {
            rest = rest.dropFirst()
            skipSpace()
            if rest.isEmpty { return }
            let name = token().lowercased()
            guard !name.isEmpty, rest.first == "=", parameters[name] == nil else { return nil }
            rest = rest.dropFirst()
            if rest.first == "\"" {
                guard let quoted = Self.quoted(&rest) else { return nil }
                parameters[name] = quoted
            } else {
                let plain = token()
                guard !plain.isEmpty else { return nil }
                parameters[name] = plain
            }
            skipSpace()
        }
        guard rest.isEmpty else { return nil }
    }

    private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>) -> String? {
        rest = rest.dropFirst()
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            // Only the quote and the backslash are escaped: old browsers send Windows paths unescaped.
            case "\\" where rest.first == "\"" || rest.first == "\\":
                if let escaped = rest.popFirst() { text.append(escaped) }
            default: text.append(scalar)
            }
        }
        return nil
    }
}
