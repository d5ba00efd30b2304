/// `[collections.<name>.transitions] <transition> = { from, to, … }`
extension Language {
    static let transitions = Form<[TransitionDeclaration]>.byName("transition", shape: transition.shape) { member, reading in
        let form = Form.table(transition) { node in
            TransitionDeclaration(name: member.name, at: member.at, from: [], to: Located("", at: node.at))
        }
        return form.read(member.node, reading)
    }

    static let transition = Section<TransitionDeclaration>(
        keys: [
            Key("from", .oneOrList(state), \.from, isRequired: true, "the states in which it may be fired"),
            Key("to", state, \.to, isRequired: true, "the state that it leads to"),
            Key("allow", .expression, \.allow, "who may fire it"),
            Key("set", assignments, \.set, "what it changes besides the state; strings that begin with `= ` are expressions"),
            Key("checks", .list(check), \.checks, initial: "[]", "conditions that the record must fulfil after it"),
            Key("input", inputs, \.input, "fields of the body, `input.<name>` in expressions"),
            Key("by", .choice(), \.by, initial: "\"client\"", "`job`: only its job may fire it"),
        ],
        later: ["at", "after"]
    ) { transition, table, reading in
        if transition.by == .job, let member = table["allow"] {
            reading.report("'allow' does not fit a transition that only a job fires", key: member, suggestion: "take out 'allow' or 'by'")
        }
    }

    /// One of the values of the state field.
    static let state = Form.word("state", example: "\"draft\"") { text in
        EnumValue.isWellFormed(text) ? .success(text) : .failure(Problem(message: EnumValue.rule))
    }.located

    /// An input is a field that is not stored: only what describes its value fits.
    private static let inputs = Form<[FieldDeclaration]>.byName("input", shape: inputShape) { member, reading in
        guard let field = readField(member, with: input, reading) else { return nil }
        let scalar: Set<FieldDeclaration.Kind> = [
            .string, .text, .int, .float, .bool, .date, .datetime, .duration, .email, .url, .enum,
        ]
        guard scalar.contains(field.type.value) else {
            reading.report(
                Fault(
                    "an input cannot be of type '\(field.type.value.rawValue)'", at: field.type.at,
                    length: field.type.value.rawValue.count + 2, suggestion: "it is a single value: text, number, truth, date or enum"))
            return nil
        }
        return field
    }

    private static let input = Section<FieldDeclaration>(
        keys: field.keys.filter { ["type", "values", "required", "min", "max", "default", "label", "help"].contains($0.description.name) },
        later: field.later, check: field.check)

    private static let inputShape = Shape.either([.choice(FieldDeclaration.Kind.allCases.map(\.rawValue)), input.shape])
}

/// The words of an enum or state: they stand in URLs, and a comma there means "any of".
enum EnumValue {
    static let rule = "a value has 1 to 60 letters and no comma, quote or space around it"

    static func isWellFormed(_ text: String) -> Bool {
        (1...60).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "," && $0 != "'" && $0 != "\"" }
            && text.unicodeScalars.first != " " && text.unicodeScalars.last != " "
    }
}
