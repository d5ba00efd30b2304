/// Values that are handed over, and texts with holes.
extension Form where Value == Assignment.Source {
    /// A literal, or an expression after `"= "`.
    static let value = Form(shape: .literal) { node, reading in
        Language.value(TOMLMember(name: "value", at: node.at, length: node.length, node: node), reading)?.source
    }
}

extension Form where Value == Located<String> {
    /// A text in which `{{ … }}` holds an expression. What is in the holes is for whoever compiles it; that they close is known here.
    static let template = Form(shape: .text("template", example: "\"… {{ … }}\"")) { node, reading in
        guard let text = Form<String>.prose.read(node, reading) else { return nil }
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                reading.report("'{{' is never closed", node, suggestion: "write {{ expression }}")
                return nil
            }
            guard rest[open.upperBound..<close.lowerBound].contains(where: { !$0.isWhitespace }) else {
                reading.report("there is nothing between '{{' and '}}'", node, suggestion: "write {{ expression }}")
                return nil
            }
            rest = rest[close.upperBound...]
        }
        return Located(text, at: node.inside)
    }

    /// What rows are ordered by: an expression, `-` before it for descending.
    static let orderedExpression = Form(
        shape: .text("expression, `-` before it for descending", example: "\"-created_at\""), read: expression.read)
}

extension Language {
    /// One member of a table of values. The key is as free as the table that it stands in.
    static func value(_ member: TOMLMember, _ reading: Reading) -> Assignment? {
        // Read by the one form that knows literals from expressions, under a name that is always well formed.
        let alone = TOMLMember(name: "value", at: member.at, length: member.length, node: member.node)
        let table = TOMLNode(.table(TOMLTable([alone])), at: member.node.at, end: member.node.end)
        guard var assignment = assignments.read(table, reading)?.first else { return nil }
        assignment.field = Located(member.name, at: member.at)
        return assignment
    }

    /// Values by keys that are no names of ours: headers, members of JSON, parts of a form.
    static func values(_ what: String) -> Form<[Assignment]> {
        .byKey(what, shape: .literal) { member, reading in value(member, reading) }
    }

    /// Exactly one of several keys. Says so, and gives nil, where it is none or more.
    static func only(_ names: [String], of table: TOMLTable, at place: Location, length: Int, _ reading: Reading) -> TOMLMember? {
        let written = table.members.filter { names.contains($0.name) }
        let all = names.map { "'\($0)'" }.joined(separator: ", ")
        if written.count > 1 {
            reading.report(
                "'\(written[0].name)' and '\(written[1].name)' exclude each other", key: written[1], suggestion: "write one of \(all)")
            return nil
        }
        if written.isEmpty {
            reading.report(Fault("one of \(all) is missing", at: place, length: length, suggestion: "write one of them"))
        }
        return written.first
    }
}
