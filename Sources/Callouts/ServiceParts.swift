internal import Config
internal import Expressions
internal import JSON
internal import Ports
internal import Records
internal import Schema

/// What a service is handed: headers and members with the values of the moment at which its job begins.
struct ServiceParts: Sendable {
    enum Piece: Sendable {
        case bytes([UInt8])
        case object(key: String, size: Int64)
    }

    private enum Member: Sendable {
        case value(JSONValue)
        case file(key: String, name: String, type: String, size: Int64)
    }

    private enum Form: Sendable { case none, json, multipart }

    let headers: [(name: String, value: String)]
    private let members: [(name: String, member: Member)]
    private let form: Form

    init(_ plan: JobPlan, _ http: HTTPHandler, row: Row?, in transaction: any Transaction, now: Int64) throws {
        var scope = Environment(now: now)
        scope.new = row
        headers = try http.headers.map { name, value in
            switch value {
            case .secret(let secret): return (name, String(decoding: secret.bytes, as: UTF8.self))
            case .value(.literal(let literal)): return (name, Self.json(literal).plain)
            case .value(.expression):
                let value = try plan.headers[name]?.evaluate(in: scope, row: row, rows: transaction) ?? .null
                return (name, Self.json(value, plan.headers[name]?.type).plain)
            }
        }
        let assignments: [Assignment]
        switch http.body {
        case .none: (form, assignments) = (.none, [])
        case .json(let members): (form, assignments) = (.json, members)
        case .multipart(let members): (form, assignments) = (.multipart, members)
        }
        var found: [(name: String, member: Member)] = []
        for assignment in assignments {
            let name = assignment.field.value
            guard case .expression = assignment.source, let expression = plan.members[name] else {
                if case .literal(let literal) = assignment.source { found.append((name, .value(Self.json(literal)))) }
                continue
            }
            let value = try expression.evaluate(in: scope, row: row, rows: transaction)
            if form == .multipart, expression.type.isMedia {
                let ids: [Value] = if case .list(let ids) = value { ids } else { [value] }
                for case .text(let id) in ids {
                    if let file = try transaction.row(in: "media", id: id) { found.append((name, Self.file(file, plan, transaction))) }
                }
                continue
            }
            found.append((name, .value(Self.json(value, expression.type))))
        }
        members = found
    }

    // MARK: Body

    func contentType(boundary: String) -> String? {
        switch form {
        case .none: nil
        case .json: "application/json"
        case .multipart: "multipart/form-data; boundary=\(boundary)"
        }
    }

    /// - Parameter boundary: what no part holds: an id that nobody knows but this job.
    func body(boundary: String) -> [Piece] {
        switch form {
        case .none: return []
        case .json:
            let object = members.compactMap { name, member -> JSONMember? in
                if case .value(let value) = member { JSONMember(name: name, value: value) } else { nil }
            }
            return [.bytes(Array(JSONValue.object(object).text.utf8))]
        case .multipart:
            var pieces: [Piece] = []
            for (name, member) in members {
                let start = "--\(boundary)\r\ncontent-disposition: form-data; name=\"\(Self.quoted(name))\""
                switch member {
                case .value(.null): continue
                case .value(let value): pieces.append(.bytes(Array("\(start)\r\n\r\n\(value.plain)\r\n".utf8)))
                case .file(let key, let filename, let type, let size):
                    pieces.append(.bytes(Array("\(start); filename=\"\(Self.quoted(filename))\"\r\ncontent-type: \(type)\r\n\r\n".utf8)))
                    pieces.append(.object(key: key, size: size))
                    pieces.append(.bytes(Array("\r\n".utf8)))
                }
            }
            pieces.append(.bytes(Array("--\(boundary)--\r\n".utf8)))
            return pieces
        }
    }

    /// As browsers write names into the head of a part (HTML, multipart/form-data encoding algorithm).
    private static func quoted(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "%22"
            case "\r": quoted += "%0D"
            case "\n": quoted += "%0A"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted
    }

    // MARK: Values

    private static func file(_ row: Row, _ plan: JobPlan, _ transaction: any Transaction) -> Member {
        func text(_ name: String) -> String {
            guard let media = plan.media, let index = media.field(name)?.index, case .text(let text) = row.values[index] else { return "" }
            return text
        }
        var size: Int64 = 0
        if let index = plan.media?.field("size")?.index, case .int(let bytes) = row.values[index] { size = bytes }
        let type = text("mime")
        return .file(
            key: text("object"), name: text("filename"), type: type.isEmpty ? "application/octet-stream" : type, size: size)
    }

    private static func json(_ literal: Literal) -> JSONValue {
        switch literal {
        case .bool(let truth): .bool(truth)
        case .int(let number): .integer(number)
        case .float(let number): .number(number.description)
        case .string(let text): .string(text)
        case .list(let items): .array(items.map(json))
        }
    }

    private static func json(_ value: Value, _ type: ValueType?) -> JSONValue {
        switch value {
        case .null: return .null
        case .bool(let truth): return .bool(truth)
        case .int(let number): return .integer(number)
        case .float(let number): return .number(number.description)
        case .decimal(let number): return .string(number.description)
        case .text(let text): return type == .json ? (try? JSONParser.parse(text)) ?? .null : .string(text)
        case .moment(let moment): return .string(Timestamp.text(moment))
        case .date(let day): return .string(CalendarDate.text(day))
        case .duration(let milliseconds): return .string(ISODuration.text(milliseconds))
        case .list(let items): return .array(items.map { json($0, nil) })
        }
    }
}

extension JSONValue {
    /// As a header or a part of a form holds it.
    fileprivate var plain: String { string ?? text }
}

extension ValueType {
    fileprivate var isMedia: Bool {
        switch self {
        case .reference(to: "media"): true
        case .list(let item): item.isMedia
        default: false
        }
    }
}
