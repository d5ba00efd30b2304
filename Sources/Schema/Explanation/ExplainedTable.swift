package import JSON

/// A part of an explanation: rows under names, for a person or for a program.
package struct ExplainedTable: Sendable {
    /// `routes`
    package var title: String
    /// Nil: it is about the whole site.
    package var collection: String?
    package var columns: [String]
    package var rows: [[String]]

    package init(_ title: String, of collection: String? = nil, columns: [String], rows: [[String]]) {
        self.title = title
        self.collection = collection
        self.columns = columns
        self.rows = rows
    }

    /// The title with the names of the columns, and the rows with their columns below one another; empty without rows.
    package var text: String {
        guard !rows.isEmpty else { return "" }
        var widths = [Int](repeating: 0, count: columns.count)
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.unicodeScalars.count)
            }
        }
        var text = "  \(title) (\(columns.joined(separator: " | ")))\n"
        for row in rows {
            var line = "    "
            for (index, cell) in row.enumerated() {
                let isLast = index == row.count - 1
                let room = min(widths[index], Self.widest) - cell.unicodeScalars.count
                line += isLast ? cell : cell + String(repeating: " ", count: max(0, room) + 2)
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    /// A column that is wider pushes the next ones aside in its own row only.
    private static let widest = 44

    /// One object for each row: `{"section", "collection", <column>…}`.
    package var lines: [JSONValue] {
        rows.map { row in
            var members = [JSONMember(name: "section", value: .string(title))]
            if let collection { members.append(JSONMember(name: "collection", value: .string(collection))) }
            for (name, cell) in zip(columns, row) { members.append(JSONMember(name: name, value: .string(cell))) }
            return .object(members)
        }
    }
}
