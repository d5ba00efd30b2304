package import Expressions
package import JSON
internal import Ports
package import Schema

/// A JSON value as a value of a field, or the fault that says why it is none.
extension Field {
    package func value(from json: JSONValue, path: String) throws(FieldFault) -> Value {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: path, code: code, message: message) }
        if json == .null { return .null }
        switch kind {
        case .int:
            guard case .integer(let number) = json else { throw fault("type", "must be a whole number, not \(json.kind)") }
            try check(Double(number), path)
            return .int(number)
        case .float:
            let number: Double?
            switch json {
            case .integer(let whole): number = Double(whole)
            case .number(let text): number = Double(text)
            default: number = nil
            }
            guard let number, number.isFinite else { throw fault("type", "must be a number, not \(json.kind)") }
            try check(number, path)
            return .float(number)
        case .bool:
            guard case .bool(let truth) = json else { throw fault("type", "must be true or false, not \(json.kind)") }
            return .bool(truth)
        case .references:
            return try references(from: json, path: path)
        default:
            guard case .string(let text) = json else { throw fault("type", "must be a string, not \(json.kind)") }
            return try value(from: text, path: path)
        }
    }

    /// The same from text, as it stands in a query parameter of a field whose JSON form is a string.
    package func value(from text: String, path: String) throws(FieldFault) -> Value {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: path, code: code, message: message) }
        guard !text.utf8.contains(0) else { throw fault("format", "must not contain U+0000") }
        switch kind {
        case .date:
            guard let days = CalendarDate.parse(text) else { throw fault("format", "must be a date such as 2026-11-20") }
            return .date(days)
        case .datetime:
            guard let moment = Timestamp.parse(text) else {
                throw fault("format", "must be a moment such as 2026-11-20T12:34:56Z (RFC 3339)")
            }
            return .moment(moment)
        case .duration:
            guard let duration = ISODuration.parse(text) else {
                throw fault("format", "must be a duration such as PT15M or P7D (ISO 8601)")
            }
            return .duration(duration)
        case .reference, .media, .id:
            guard UUIDv7.isUUID(text) else { throw fault("format", "must be the id of a record") }
            return .text(text.lowercased())
        case .enumeration, .state:
            guard model.allowed?.contains(text) ?? true else {
                throw fault("enum", "must be one of \((model.allowed ?? []).map { "'\($0)'" }.joined(separator: ", "))")
            }
            return .text(text)
        default:
            break
        }
        let text = NormalizedText.nfc(text)
        try check(length: text.unicodeScalars.count, path)
        switch kind {
        case .email:
            guard let address = EmailAddress.normalized(text) else { throw fault("format", "must be an e-mail address") }
            return .text(address)
        case .url:
            guard WebAddress.isValid(text) else { throw fault("format", "must be a URL beginning with http:// or https://") }
            return .text(text)
        case .slug:
            guard Slug.isValid(text, limit: Int(maximum ?? 255)) else {
                throw fault("format", "must be letters and digits in lower case with single hyphens between")
            }
            guard !UUIDv7.isUUID(text) else { throw fault("format", "must not have the form of an id") }
            return .text(text)
        default:
            return .text(text)
        }
    }

    private func references(from json: JSONValue, path: String) throws(FieldFault) -> Value {
        guard case .array(let items) = json else {
            throw FieldFault(path: path, code: "type", message: "must be an array of ids, not \(json.kind)")
        }
        guard items.count <= Int(maximum ?? 1_000) else {
            throw FieldFault(path: path, code: "max", message: "must have at most \(Int(maximum ?? 1_000)) members")
        }
        var ids: [Value] = []
        for (index, item) in items.enumerated() {
            guard case .string(let text) = item, UUIDv7.isUUID(text) else {
                throw FieldFault(path: "\(path)[\(index)]", code: "format", message: "must be the id of a record")
            }
            let id = Value.text(text.lowercased())
            guard !ids.contains(id) else {
                throw FieldFault(path: "\(path)[\(index)]", code: "duplicate", message: "occurs twice")
            }
            ids.append(id)
        }
        return .list(ids)
    }

    private func check(_ number: Double, _ path: String) throws(FieldFault) {
        if let minimum, number < minimum {
            throw FieldFault(path: path, code: "min", message: "must be at least \(Self.text(minimum))")
        }
        if let maximum, number > maximum {
            throw FieldFault(path: path, code: "max", message: "must be at most \(Self.text(maximum))")
        }
    }

    private func check(length: Int, _ path: String) throws(FieldFault) {
        if let minimum, Double(length) < minimum {
            throw FieldFault(path: path, code: "min", message: "must have at least \(Self.text(minimum)) characters")
        }
        if let maximum, Double(length) > maximum {
            throw FieldFault(path: path, code: "max", message: "must have at most \(Self.text(maximum)) characters")
        }
        if required, length == 0 {
            throw FieldFault(path: path, code: "required", message: "must not be empty")
        }
    }

    private static func text(_ bound: Double) -> String {
        Int64(exactly: bound).map { "\($0)" } ?? "\(bound)"
    }
}
