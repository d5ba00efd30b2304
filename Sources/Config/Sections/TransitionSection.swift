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
            Key(
                "from", .oneOrList(state).filled("it could never be fired", "write at least one state"), \.from, isRequired: true,
                "the states in which it may be fired"),
            Key("to", state, \.to, isRequired: true, "the state that it leads to"),
            Key("allow", .expression, \.allow, "who may fire it"),
            Key("set", assignments, \.set, "what it changes besides the state; strings that begin with `= ` are expressions"),
            Key("checks", .list(check), \.checks, initial: "[]", "conditions that the record must fulfil after it"),
            Key("input", parts, \.input, "fields of the body, `input.<name>` in expressions"),
            Key("by", .choice(), \.by, initial: "\"client\"", "`job`: only its job may fire it"),
            Key("at", .expression, \.due, "when the clock fires it: a moment computed from the record, `\"publish_at\"`"),
            Key("after", .duration(), \.after, "how long after entering the state the clock fires it"),
        ]
    ) { transition, table, reading in
        for (key, who) in [("by", "a job"), ("at", "the clock"), ("after", "the clock")] {
            guard table[key] != nil, key != "by" || transition.by == .job, let member = table["allow"] else { continue }
            reading.report(
                "'allow' does not fit a transition that only \(who) fires", key: member, suggestion: "take out 'allow' or '\(key)'")
        }
        if transition.due != nil, transition.after != nil, let member = table["after"] {
            reading.report("'at' and 'after' exclude each other", key: member)
        }
    }

    /// `[collections.<name>.actions] <action> = { allow, set, … }`
    static let actions = Form<[ActionDeclaration]>.byName("action", shape: action.shape) { member, reading in
        Form.table(action) { _ in ActionDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    private static let action = Section<ActionDeclaration>(
        keys: [
            Key("allow", .expression, \.allow, "who may do it"),
            Key("set", assignments, \.set, "what it changes; strings that begin with `= ` are expressions"),
            Key("checks", .list(check), \.checks, initial: "[]", "conditions that the record must fulfil after it"),
            Key("input", parts, \.input, "fields of the body, `input.<name>` in expressions"),
            Key("job", name("job"), \.job, "the job that it starts"),
            Key("document", name("document"), \.document, "the document that it makes"),
        ]
    ) { action, table, reading in
        if action.job != nil, action.document != nil, let member = table["document"] {
            reading.report("an action starts one job or one document", key: member)
        }
    }

    /// One of the values of the state field.
    static let state = Form.word("state", example: "\"draft\"") { text in
        EnumValue.isWellFormed(text) ? .success(text) : .failure(Problem(message: EnumValue.rule))
    }.located
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
