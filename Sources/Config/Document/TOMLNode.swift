/// A value of a TOML document with its place: what the file says, before it is given a meaning.
package struct TOMLNode: Sendable, Equatable {
    package indirect enum Value: Sendable, Equatable {
        case table(TOMLTable)
        case array([TOMLNode])
        case string(String)
        case integer(Int64)
        case float(Double)
        case bool(Bool)
        /// A date, a time or both, as text.
        case moment(String)
    }

    package var value: Value
    package var at: Location
    /// The first place after the value.
    package var end: Location

    package init(_ value: Value, at: Location, end: Location) {
        self.value = value
        self.at = at
        self.end = end
    }

    /// How many columns a caret underlines: to the end of the value when it stands on one line.
    package var length: Int {
        end.line == at.line ? max(1, end.column - at.column) : 1
    }

    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    package var table: TOMLTable? {
        if case .table(let table) = value { table } else { nil }
    }

    package var array: [TOMLNode]? {
        if case .array(let items) = value { items } else { nil }
    }

    /// What a person calls this kind of value: "a string", "a table".
    package var kind: String {
        switch value {
        case .table: "a table"
        case .array: "a list"
        case .string: "a string"
        case .integer: "a whole number"
        case .float: "a number"
        case .bool: "true or false"
        case .moment: "a date or time"
        }
    }
}

/// A table with its members in the order of the file; a name occurs once.
package struct TOMLTable: Sendable, Equatable {
    package var members: [TOMLMember]
    /// Written in braces, hence whole: another file cannot add to it.
    package var isInline: Bool

    package init(_ members: [TOMLMember] = [], isInline: Bool = false) {
        self.members = members
        self.isInline = isInline
    }

    package subscript(_ name: String) -> TOMLMember? { members.first { $0.name == name } }
}

/// A key of a table and its value.
package struct TOMLMember: Sendable, Equatable {
    package var name: String
    /// Where the key stands.
    package var at: Location
    /// The columns of the key as written, quotes included.
    package var length: Int
    package var node: TOMLNode

    package init(name: String, at: Location, length: Int, node: TOMLNode) {
        self.name = name
        self.at = at
        self.length = length
        self.node = node
    }
}
