package import Expressions
internal import JSON
internal import Ports
package import Schema

/// Values as they stand in a query string.
extension Field {
    /// The value, held to the type and bounds of the field; of a to-many field or flags one of its members.
    package func value(fromQuery text: String, path: String) throws(FieldFault) -> Value {
        switch kind {
        case .references, .medias:
            guard UUIDv7.isUUID(text) else { throw FieldFault(path: path, code: "format", message: "must be the id of a record") }
            return .text(text.lowercased())
        case .flags:
            guard model.allowed?.contains(text) ?? false else {
                let known = (model.allowed ?? []).map { "'\($0)'" }.joined(separator: ", ")
                throw FieldFault(path: path, code: "enum", message: "must be one of \(known)")
            }
            return .text(text)
        case .int, .counter, .float, .bool:
            let value = try model.type.value(fromQuery: text, path: path)
            do {
                return try self.value(from: json(value), path: path)
            } catch {
                throw error.faults.first ?? FieldFault(path: path, code: "type", message: "is not of the type of '\(name)'")
            }
        default: return try value(from: text, path: path)
        }
    }

    /// The value to compare the field with. A text that the field could not hold is taken as it is: nothing equals it.
    package func comparand(fromQuery text: String, path: String) throws(FieldFault) -> Value {
        switch kind {
        case .string, .text, .html, .slug, .url, .sequence, .token: return try ValueType.text.value(fromQuery: text, path: path)
        case .email, .phone:
            let plain = try ValueType.text.value(fromQuery: text, path: path)
            return (try? value(from: text, path: path)) ?? plain
        default: return try value(fromQuery: text, path: path)
        }
    }

    /// Whether a value of it may hold a comma, which otherwise stands between several (11-precisions 22).
    package var mayHoldComma: Bool {
        switch kind {
        case .string, .text, .html, .url, .json, .object, .list, .geo: true
        default: false
        }
    }
}

extension ValueType {
    /// A value of that type, where no field says more.
    package func value(fromQuery text: String, path: String) throws(FieldFault) -> Value {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: path, code: code, message: message) }
        guard !text.utf8.contains(0) else { throw fault("format", "must not contain U+0000") }
        switch self {
        case .int:
            guard let number = Int64(text) else { throw fault("type", "must be a whole number") }
            return .int(number)
        case .float:
            let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
            guard isDecimal, let number = Double(text), number.isFinite else { throw fault("type", "must be a number") }
            return .float(number)
        case .decimal(let scale):
            guard let number = Decimal(text), let exact = number.rescaled(to: scale), exact == number else {
                throw fault("format", "must be a number with at most \(scale) digits after the point")
            }
            return .decimal(exact)
        case .bool:
            guard text == "true" || text == "false" else { throw fault("type", "must be true or false") }
            return .bool(text == "true")
        case .moment:
            guard let moment = Timestamp.parse(text) else { throw fault("format", "must be a moment (RFC 3339)") }
            return .moment(moment)
        case .date:
            guard let date = CalendarDate.parse(text) else { throw fault("format", "must be a date") }
            return .date(date)
        case .duration:
            guard let duration = ISODuration.parse(text) else { throw fault("format", "must be a duration (ISO 8601)") }
            return .duration(duration)
        case .reference:
            guard UUIDv7.isUUID(text) else { throw fault("format", "must be the id of a record") }
            return .text(text.lowercased())
        case .union(let collections):
            guard let reference = UnionReference(text), collections.contains(reference.collection), UUIDv7.isUUID(reference.id) else {
                throw fault("format", "must be \(collections.map { "'\($0):<id>'" }.joined(separator: " or "))")
            }
            return .text("\(reference.collection):\(reference.id.lowercased())")
        case .null, .text, .json, .list: return .text(NormalizedText.nfc(text))
        }
    }
}
