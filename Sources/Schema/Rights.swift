internal import Expressions

extension Schema {
    /// The fields of users that say what somebody may do, in their order: those of few values, such as a role, that a rule asks of the
    /// caller. Found anew each time; only operators ask.
    package var rights: [Field] {
        var asked: Set<Int> = []
        for rule in rules { asked.formUnion(rule.expression.fieldsOfCaller) }
        return users.fields.filter { field in
            switch field.kind {
            case .bool, .enumeration, .flags, .state: asked.contains(field.index)
            default: false
            }
        }
    }

    /// Every rule of the file that is asked of a caller.
    private var rules: [Rule] {
        var rules = [apiKeys, audit.allow, backoffice] + mediaKinds.values.map(\.allow) + views.map(\.allow)
        for collection in collections {
            let behaviour = collection.behaviour
            rules += [behaviour.read?.rule, behaviour.list?.rule, behaviour.create, behaviour.update, behaviour.delete]
            rules.append(behaviour.restore?.rule)
            rules += behaviour.transitions.map(\.allow) + behaviour.actions.map(\.allow)
            rules += collection.fields.flatMap { [$0.read?.rule, $0.write] }
        }
        return rules.compactMap { $0 }
    }
}
