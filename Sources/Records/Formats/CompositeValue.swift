package import Expressions
package import JSON
package import Schema

/// All that is wrong with one value, each fault at its place.
package struct FieldFaults: Error, Sendable {
    package var faults: [FieldFault]

    package init(_ faults: [FieldFault]) {
        self.faults = faults
    }
}

/// Values that are JSON of declared parts: objects, lists, places.
extension Field {
    /// The value in the form in which it is stored and answered, members in the order of the declaration.
    func composite(from json: JSONValue, path: String) throws(FieldFaults) -> JSONValue {
        switch kind {
        case .geo: return try place(from: json, path: path)
        case .list: return try list(from: json, path: path)
        default: return try Self.object(of: parts, from: json, path: path)
        }
    }

    /// An object of these parts; `ignoring` are members that somebody else reads.
    static func object(
        of parts: [Field], from json: JSONValue, path: String, ignoring: Set<String> = []
    ) throws(FieldFaults) -> JSONValue {
        guard case .object(let members) = json else {
            throw FieldFaults([FieldFault(path: path, code: "type", message: "must be an object, not \(json.kind)")])
        }
        var faults: [FieldFault] = []
        for member in members where !ignoring.contains(member.name) && !parts.contains(where: { $0.name == member.name }) {
            faults.append(FieldFault(path: "\(path).\(member.name)", code: "unknown", message: "there is no such field"))
        }
        var result: [JSONMember] = []
        for part in parts {
            let place = path.isEmpty ? part.name : "\(path).\(part.name)"
            let given = json[part.name] ?? .null
            if given == .null {
                if part.required { faults.append(FieldFault(path: place, code: "required", message: "is required")) }
                result.append(JSONMember(name: part.name, value: part.json(part.initial)))
                continue
            }
            do {
                result.append(JSONMember(name: part.name, value: part.json(try part.value(from: given, path: place))))
            } catch {
                faults += error.faults
            }
        }
        if !faults.isEmpty { throw FieldFaults(faults) }
        return .object(result)
    }

    private func list(from json: JSONValue, path: String) throws(FieldFaults) -> JSONValue {
        guard case .array(let items) = json else {
            throw FieldFaults([FieldFault(path: path, code: "type", message: "must be an array, not \(json.kind)")])
        }
        do {
            try check(count: items.count, path)
        } catch {
            throw FieldFaults([error])
        }
        var faults: [FieldFault] = []
        var result: [JSONValue] = []
        for (index, item) in items.enumerated() {
            let place = "\(path)[\(index)]"
            do {
                if let single = self.items.first {
                    guard item != .null else {
                        faults.append(FieldFault(path: place, code: "required", message: "must not be null"))
                        continue
                    }
                    result.append(single.json(try single.value(from: item, path: place)))
                } else {
                    result.append(try Self.object(of: parts, from: item, path: place))
                }
            } catch {
                faults += error.faults
            }
        }
        if !faults.isEmpty { throw FieldFaults(faults) }
        return .array(result)
    }

    /// Degrees: `lat` -90 to 90, `lng` -180 to 180.
    private func place(from json: JSONValue, path: String) throws(FieldFaults) -> JSONValue {
        guard case .object(let members) = json else {
            throw FieldFaults([FieldFault(path: path, code: "type", message: "must be an object of lat and lng, not \(json.kind)")])
        }
        var faults: [FieldFault] = []
        for member in members where member.name != "lat" && member.name != "lng" {
            faults.append(FieldFault(path: "\(path).\(member.name)", code: "unknown", message: "there is no such field"))
        }
        var result: [JSONMember] = []
        for (name, limit) in [("lat", 90.0), ("lng", 180.0)] {
            let degrees: Double?
            switch json[name] {
            case .integer(let whole): degrees = Double(whole)
            case .number(let text): degrees = Double(text)
            default: degrees = nil
            }
            guard let degrees else {
                faults.append(FieldFault(path: "\(path).\(name)", code: "type", message: "must be a number of degrees"))
                continue
            }
            guard abs(degrees) <= limit else {
                faults.append(
                    FieldFault(
                        path: "\(path).\(name)", code: degrees < 0 ? "min" : "max", message: "must be -\(Int(limit)) to \(Int(limit))"))
                continue
            }
            result.append(JSONMember(name: name, value: .number(degrees.description)))
        }
        if !faults.isEmpty { throw FieldFaults(faults) }
        return .object(result)
    }

    /// A value as it stands in answers.
    package func json(_ value: Value) -> JSONValue {
        switch value {
        case .null: return .null
        case .bool(let truth): return .bool(truth)
        case .int(let number): return .integer(number)
        case .float(let number): return .number(number.description)
        case .decimal(let number): return .string(number.description)
        case .text(let text): return isJSON ? (try? JSONParser.parse(text)) ?? .null : .string(text)
        case .moment(let moment): return .string(Timestamp.text(moment))
        case .date(let days): return .string(CalendarDate.text(days))
        case .duration(let milliseconds): return .string(ISODuration.text(milliseconds))
        case .list(let items):
            return .array(
                items.map { item in
                    if case .text(let text) = item { .string(text) } else { json(item) }
                })
        }
    }
}
