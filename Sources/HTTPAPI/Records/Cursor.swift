internal import Expressions
internal import Identity
internal import JSON
internal import Ports
internal import Records
internal import Schema

/// A place in a list as clients hold it: sealed, and of use only for a list in the same order.
enum Cursor {
    static func text(_ position: RecordList.Position, named order: String, _ sealing: Sealing) -> String {
        let values: [JSONValue] = [.string(order), .string(position.id)] + position.values.map(json)
        return Base64.url(sealing.seal(Array(JSONValue.array(values).text.utf8)))
    }

    /// Nil for a text that was not made here, or was made for another order.
    static func position(_ text: String, in order: [RecordList.Order], named name: String, _ sealing: Sealing) -> RecordList.Position? {
        guard text.utf8.count <= 8_192, let sealed = Base64.decodeURL(text), let opened = sealing.open(sealed),
            let parts = try? JSONParser.parse(String(decoding: opened, as: UTF8.self)).array, parts.count >= 2,
            parts[0].string == name, let id = parts[1].string
        else { return nil }
        let fields = order.compactMap(\.field).filter { $0.column != nil }.prefix { $0.index != Row.System.id }
        guard fields.count == parts.count - 2 else { return nil }
        var values: [Value] = []
        for (field, part) in zip(fields, parts.dropFirst(2)) {
            guard let value = value(part, as: field.model.type) else { return nil }
            values.append(value)
        }
        return RecordList.Position(values: values, id: id)
    }

    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .null, .list: .null
        case .bool(let truth): .bool(truth)
        case .int(let number), .moment(let number), .date(let number), .duration(let number): .integer(number)
        case .decimal(let number): .integer(number.units)
        case .float(let number): .number(number.description)
        case .text(let text): .string(text)
        }
    }

    private static func value(_ json: JSONValue, as type: ValueType) -> Value? {
        switch (json, type) {
        case (.null, _): .null
        case (.bool(let truth), .bool): .bool(truth)
        case (.integer(let number), .int): .int(number)
        case (.integer(let number), .moment): .moment(number)
        case (.integer(let number), .date): .date(number)
        case (.integer(let number), .duration): .duration(number)
        case (.integer(let number), .decimal(let scale)): .decimal(Decimal(units: number, scale: scale))
        case (.integer(let number), .float): .float(Double(number))
        case (.number(let text), .float): Double(text).map { .float($0) }
        case (.string(let text), .text), (.string(let text), .reference), (.string(let text), .union), (.string(let text), .json):
            .text(text)
        default: nil
        }
    }
}
