package import Expressions
internal import HTML
package import JSON
internal import Ports
package import Schema
internal import Text

/// A JSON value as a value of a field, or the faults that say why it is none.
extension Field {
    package func value(from json: JSONValue, path: String) throws(FieldFaults) -> Value {
        if json == .null { return .null }
        switch kind {
        case .object, .list, .geo: return .text(try composite(from: json, path: path).text)
        case .json:
            let faults = (jsonSchema?.faults(in: json, path: path) ?? []).map {
                FieldFault(path: $0.path, code: $0.code, message: $0.message)
            }
            if !faults.isEmpty { throw FieldFaults(faults) }
            return .text(json.text)
        default:
            do {
                return try single(from: json, path: path)
            } catch {
                throw FieldFaults([error])
            }
        }
    }

    /// A value that is not made of parts.
    private func single(from json: JSONValue, path: String) throws(FieldFault) -> Value {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: path, code: code, message: message) }
        switch kind {
        case .int, .counter:
            guard case .integer(let number) = json else {
                if case .number(let text) = json { throw fault("type", "must be a whole number, not \(text)") }
                throw fault("type", "must be a whole number, not \(json.kind)")
            }
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
        case .decimal:
            switch json {
            case .integer(let whole): return try value(from: "\(whole)", path: path)
            case .number(let text), .string(let text): return try value(from: text, path: path)
            default: throw fault("type", "must be a decimal number as a string, not \(json.kind)")
            }
        case .flags: return try flags(from: json, path: path)
        case .references, .medias:
            return try references(from: json, path: path)
        default:
            guard case .string(let text) = json else { throw fault("type", "must be a string, not \(json.kind)") }
            return try value(from: text, path: path)
        }
    }

    /// What somebody typed for it, as the JSON that it takes: a number is one where the field holds numbers, whatever it looks like. `null` is
    /// none, but for texts.
    package func typed(_ text: String) -> JSONValue {
        switch kind {
        case .string, .text, .html, .slug, .token: return .string(text)
        case .int, .counter, .float, .bool, .json, .object, .list, .geo, .flags, .references, .medias:
            return (try? JSONParser.parse(text)) ?? .string(text)
        default: return text == "null" ? .null : .string(text)
        }
    }

    /// The same from text, as it stands in a query parameter of a field whose JSON form is a string.
    package func value(from text: String, path: String) throws(FieldFault) -> Value {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: path, code: code, message: message) }
        guard !text.utf8.contains(0) else { throw fault("format", "must not contain U+0000") }
        switch kind {
        case .decimal(let precision, let scale):
            guard let number = Decimal(text), let exact = number.rescaled(to: scale), exact == number else {
                throw fault("format", "must be a number with at most \(scale) digits after the point, such as \"12.50\"")
            }
            guard exact.units.magnitude < Self.power(precision) else { throw fault("max", "must have at most \(precision) digits") }
            if let leastDecimal, exact < leastDecimal { throw fault("min", "must be at least \(leastDecimal)") }
            if let greatestDecimal, greatestDecimal < exact { throw fault("max", "must be at most \(greatestDecimal)") }
            return .decimal(exact)
        case .union(let collections):
            guard let reference = UnionReference(text), collections.contains(reference.collection), UUIDv7.isUUID(reference.id) else {
                throw fault("format", "must be \(collections.map { "'\($0):<id>'" }.joined(separator: " or "))")
            }
            return .text("\(reference.collection):\(reference.id.lowercased())")
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
        let text = try clean(NormalizedText.nfc(text), path: path)
        try check(length: text.unicodeScalars.count, path)
        if let pattern, !pattern.matches(text) { throw fault("pattern", "must be of the form \(pattern.source)") }
        switch kind {
        case .phone:
            guard let number = PhoneNumber.normalized(text, region: region) else {
                throw fault("format", PhoneNumber.advice(region: region))
            }
            return .text(number)
        case .email:
            guard let address = EmailAddress.normalized(text) else { throw fault("format", "must be an e-mail address") }
            return .text(address)
        case .url:
            guard WebAddress.isValid(text, schemes: schemes) else {
                throw fault("format", "must be a URL beginning with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
            }
            return .text(text)
        case .slug:
            guard !UUIDv7.isUUID(text) else { throw fault("format", "must not have the form of an id") }
            guard Slug.isValid(text, limit: Int(maximum ?? 255)) else {
                throw fault("format", "must be letters and digits in lower case with single hyphens between")
            }
            return .text(text)
        default:
            return .text(text)
        }
    }

    /// Rich text without whatever could do harm.
    private func clean(_ text: String, path: String) throws(FieldFault) -> String {
        guard kind == .html else { return text }
        do throws(HTMLFault) {
            return try HTMLSanitizer.sanitize(text)
        } catch {
            throw FieldFault(path: path, code: "max", message: error.description)
        }
    }

    private static func power(_ exponent: Int) -> UInt64 { (0..<min(exponent, 19)).reduce(1) { power, _ in power * 10 } }

    private func flags(from json: JSONValue, path: String) throws(FieldFault) -> Value {
        guard case .array(let items) = json else {
            throw FieldFault(path: path, code: "type", message: "must be an array of strings, not \(json.kind)")
        }
        var flags: [Value] = []
        for (index, item) in items.enumerated() {
            guard case .string(let text) = item, model.allowed?.contains(text) ?? false else {
                let known = (model.allowed ?? []).map { "'\($0)'" }.joined(separator: ", ")
                throw FieldFault(path: "\(path)[\(index)]", code: "enum", message: "must be one of \(known)")
            }
            guard !flags.contains(.text(text)) else {
                throw FieldFault(path: "\(path)[\(index)]", code: "duplicate", message: "occurs twice")
            }
            flags.append(.text(text))
        }
        try check(count: flags.count, path)
        return .list(flags)
    }

    /// Ids; with a payload each may be an object of `id` and that (`Draft` reads the payload).
    private func references(from json: JSONValue, path: String) throws(FieldFault) -> Value {
        guard case .array(let items) = json else {
            throw FieldFault(path: path, code: "type", message: "must be an array of ids, not \(json.kind)")
        }
        try check(count: items.count, path)
        var ids: [Value] = []
        for (index, item) in items.enumerated() {
            if parts.isEmpty, case .object(let members) = item, let other = members.first(where: { $0.name != "id" }) {
                throw FieldFault(path: "\(path)[\(index)].\(other.name)", code: "unknown", message: "there is no such field")
            }
            let id = item["id"] ?? item
            guard case .string(let text) = id, UUIDv7.isUUID(text) else {
                throw FieldFault(path: "\(path)[\(index)]", code: "format", message: "must be the id of a record")
            }
            let reference = Value.text(text.lowercased())
            guard !ids.contains(reference) else {
                throw FieldFault(path: "\(path)[\(index)]", code: "duplicate", message: "occurs twice")
            }
            ids.append(reference)
        }
        return .list(ids)
    }

    func check(count: Int, _ path: String) throws(FieldFault) {
        if let minimum, Double(count) < minimum {
            throw FieldFault(
                path: path, code: "min", message: "must have at least \(Self.text(minimum)) \(minimum == 1 ? "member" : "members")")
        }
        let most = maximum ?? 1_000
        if Double(count) > most {
            throw FieldFault(path: path, code: "max", message: "must have at most \(Self.text(most)) members")
        }
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
