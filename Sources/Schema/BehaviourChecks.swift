internal import Config
internal import Expressions

/// What must hold of state machines and of the names below a record's path, each fault at its place in the file.
extension SchemaCompiler {
    mutating func check(_ behaviour: Behaviour, _ shape: Shape, of declaration: CollectionDeclaration) {
        checkStates(behaviour, of: declaration)
        checkClock(behaviour, of: declaration)
        checkSegments(behaviour, shape, of: declaration)
    }

    /// 11-precisions 17: at most one field is a state, and every state is reached by transitions, or by what a deletion sets.
    private mutating func checkStates(_ behaviour: Behaviour, of declaration: CollectionDeclaration) {
        let states = declaration.fields.filter { $0.type.value == .state }
        for second in states.dropFirst() {
            faults.append(
                Fault(
                    "'\(declaration.name)' has a state already: '\(states[0].name)'", at: second.at, length: second.name.count,
                    suggestion: "make this one an enum"))
        }
        guard let state = states.first, let index = model.collections[declaration.name]?.field(state.name)?.index else { return }
        // A transition from or to a state that there is not is told elsewhere.
        let values = Set(state.values.map(\.value))
        guard declaration.transitions.allSatisfy({ values.isSuperset(of: ($0.from + [$0.to]).map(\.value)) }) else { return }
        var reached: Set<String> = []
        if case .string(let text)? = state.default?.value {
            reached.insert(text)
        } else {
            reached.formUnion(state.values.prefix(1).map(\.value))
        }
        for setting in behaviour.deletionSets where setting.field == index {
            if case .value(.text(let text)) = setting.source { reached.insert(text) }
        }
        var isSettled = false
        while !isSettled {
            let next = behaviour.transitions.filter { !reached.isDisjoint(with: $0.from) }.map(\.to)
            isSettled = reached.isSuperset(of: next)
            reached.formUnion(next)
        }
        for value in state.values where !reached.contains(value.value) {
            faults.append(
                Fault(
                    "no transition leads to the state '\(value.value)'", at: value.at, length: value.value.unicodeScalars.count,
                    suggestion: "add a transition with to = \"\(value.value)\", or take the state out"))
        }
    }

    /// 11-precisions 18: a change of the record is all that moves its due time, and nobody is there to send an input.
    private mutating func checkClock(_ behaviour: Behaviour, of declaration: CollectionDeclaration) {
        for (transition, declared) in zip(behaviour.transitions, declaration.transitions) {
            if let due = transition.due, !due.readsItsRowAlone, let place = declared.due {
                faults.append(
                    Fault(
                        "'at' looks at the record's own fields alone", at: place.at, length: place.value.unicodeScalars.count,
                        suggestion: "keep the moment in a field of '\(declaration.name)'"))
            }
            guard transition.due != nil || transition.after != nil else { continue }
            for input in transition.input where input.required && input.initial.isNull {
                faults.append(
                    Fault(
                        "the clock sends no input: '\(input.name)' cannot be required", at: declared.at, length: declared.name.count))
            }
        }
    }

    /// Transitions, actions, children and to-many fields share the path below a record (04-api, Further).
    private mutating func checkSegments(_ behaviour: Behaviour, _ shape: Shape, of declaration: CollectionDeclaration) {
        var taken: [String: String] = [:]
        if behaviour.deletesSoftly, behaviour.restore != nil { taken["restore"] = "the route that restores it" }
        if behaviour.revisions != nil { taken["revisions"] = "its revisions" }
        if configuration.auth.apiKeysAllow != nil, configuration.tenancy?.tenant.value == declaration.name {
            taken["api_keys"] = "the keys of its members"
            if shape.children.contains(where: { $0.isListed && $0.name == "api_keys" }) {
                faults.append(
                    Fault(
                        "'/\(declaration.path?.value ?? declaration.name)/{id}/api_keys' is the keys of its members already",
                        at: declaration.at, length: declaration.name.count,
                        suggestion: "give the reference to '\(declaration.name)' another name with as = \"…\""))
            }
        }
        for child in shape.children where child.isListed { taken[child.name] = "its children" }
        var names: [(name: String, what: String, at: Location)] = []
        for field in declaration.fields where field.type.value == .refs || field.type.value == .medias {
            names.append((field.name, "a field", field.at))
        }
        names += declaration.transitions.map { ($0.name, "a transition", $0.at) }
        names += declaration.actions.map { ($0.name, "an action", $0.at) }
        for (name, what, at) in names {
            guard let other = taken.updateValue(what, forKey: name) else { continue }
            faults.append(
                Fault(
                    "'/\(declaration.path?.value ?? declaration.name)/{id}/\(name)' is \(other) already", at: at, length: name.count,
                    suggestion: "give \(what == "a field" ? "the field" : "it") another name"))
        }
    }
}
