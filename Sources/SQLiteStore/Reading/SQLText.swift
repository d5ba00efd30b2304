import Expressions
import Ports

/// A statement under construction, with what each `?` stands for. Names come from the compiled schema; values are only ever bound.
struct SQLText {
    /// What is bound at each execution.
    enum Slot: Hashable {
        case environment(SQLParameter)
        /// A parameter of the declared filter at that place in `RecordList.filters`, for one of its values.
        case declared(filter: Int, Int, SQLParameter)
        /// A value, other than null, of the field filter at that place.
        case value(filter: Int, Int)
        case key
        /// The id of the tenant asked about; null where there is none, and then no row passes.
        case tenant
        case limit, offset
        /// The question for the index of words.
        case search
        /// A value of `RecordList.after`; nil: its id.
        case position(Int?)
    }

    private(set) var text = ""
    private(set) var slots: [Slot] = []

    init(_ text: String = "") {
        self.text = text
    }

    mutating func append(_ more: String) { text += more }

    mutating func append(_ slot: Slot) {
        text += "?"
        slots.append(slot)
    }

    mutating func append(_ fragment: SQLFragment, as slot: (SQLParameter) -> Slot = { .environment($0) }) {
        text += fragment.text
        slots += fragment.parameters.map(slot)
    }

    mutating func append(_ other: SQLText) {
        text += other.text
        slots += other.slots
    }

    static func quoted(_ name: String) -> String {
        guard name.utf8.contains(UInt8(ascii: "\"")) else { return "\"\(name)\"" }
        return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension SQLFragment {
    /// With its constants in place of parameters, as the WHERE of an index must be; what is not constant is NULL.
    var inlined: String {
        var result = ""
        var next = 0
        for character in text {
            guard character == "?" else {
                result.append(character)
                continue
            }
            if next < parameters.count, case .value(let value) = parameters[next] {
                result += SQLFragment.literal(value)
            } else {
                result += "NULL"
            }
            next += 1
        }
        return result
    }

    private static func literal(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .bool(let truth): truth ? "1" : "0"
        case .int(let number), .moment(let number), .date(let number), .duration(let number): "\(number)"
        case .decimal(let number): "\(number.units)"
        case .float(let number): "\(number)"
        case .text(let text): "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .list: "NULL"
        }
    }
}
