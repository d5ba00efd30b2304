package import Config
internal import Expressions

/// What is allowed and yet worth a second look (02-config): `atlas check` and `atlas explain` tell it, nothing is refused for it.
package enum Advice {
    package static func warnings(_ schema: Schema, _ configuration: Configuration) -> [Fault] {
        var found = schema.collections.flatMap { warnings(about: $0, schema, configuration) }
        for kind in configuration.media {
            guard let allow = kind.allow, schema.mediaKinds[kind.name]?.allow?.isNeverForAnonymous == false else { continue }
            found.append(warning("everybody may upload this, without signing in", allow))
        }
        found += newcomers(schema, configuration)
        // What a trait says is found in every collection that uses it, and told once.
        var told: Set<Fault> = []
        return found.filter { told.insert($0).inserted }
    }

    /// Those of one collection.
    package static func warnings(about collection: Collection, _ schema: Schema, _ configuration: Configuration) -> [Fault] {
        guard let declared = configuration.collections.first(where: { $0.name == collection.name }) else { return [] }
        return publicWrites(collection, declared) + unserved(collection, declared) + doubtfulTexts(collection, declared, schema)
            + emptied(declared)
    }

    private static func warning(_ message: String, _ place: Located<String>, _ suggestion: String? = nil) -> Fault {
        Fault(message, at: place.at, length: max(1, place.value.unicodeScalars.count), suggestion: suggestion, severity: .warning)
    }

    // MARK: Accounts

    /// Ways to an account that lead nowhere.
    private static func newcomers(_ schema: Schema, _ configuration: Configuration) -> [Fault] {
        let auth = configuration.auth
        var found: [Fault] = []
        if auth.signup == .invite, configuration.tenancy?.invitations == nil, let at = auth.signupAt {
            found.append(
                warning(
                    "nobody can be invited: there are no invitations here", Located("\"invite\"", at: at),
                    "add invitations = true to [tenancy], or write signup = \"closed\""))
        }
        let ways = (auth.methods.contains(.otp) ? ["by a code"] : []) + (auth.oidc.isEmpty ? [] : ["by another service"])
        guard auth.signup == .open, !ways.isEmpty else { return found }
        let declared = configuration.collections.first { $0.name == schema.users.name }?.fields ?? []
        return found
            + declared.compactMap { declared in
                guard let field = schema.users.field(declared.name), field.required, field.initial.isNull, field.slugSources.isEmpty,
                    field.source == .client || field.source == .clientOnce
                else { return nil }
                return warning(
                    "nobody new gets an account \(ways.joined(separator: " or ")): '\(field.name)' is required, and has no default",
                    Located(field.name, at: declared.at), "give it a default, or take 'required' away and ask for it afterwards")
            }
    }

    // MARK: Rights

    private static func publicWrites(_ collection: Collection, _ declared: CollectionDeclaration) -> [Fault] {
        let behaviour = collection.behaviour
        var writes: [(String, Rule?, Located<String>?)] = [
            ("create", behaviour.create, declared.allow.create), ("update", behaviour.update, declared.allow.update),
            ("delete", behaviour.delete, declared.allow.delete), ("restore", behaviour.restore?.rule, declared.allow.restore),
        ]
        writes += zip(behaviour.transitions, declared.transitions).map { ($0.name, $0.allow, $1.allow) }
        writes += zip(behaviour.actions, declared.actions).map { ($0.name, $0.allow, $1.allow) }
        return writes.compactMap { name, rule, place in
            guard let rule, let place, !rule.isNeverForAnonymous else { return nil }
            return warning(
                "anybody may \(name) \(collection.name) here, without signing in", place, "add 'me != null and …' unless that is meant")
        }
    }

    // MARK: Fields

    /// `required` binds clients; a deletion may all the same leave nothing.
    private static func emptied(_ declared: CollectionDeclaration) -> [Fault] {
        declared.fields.filter { $0.required && $0.onDelete == .null }.map { field in
            warning(
                "'\(field.name)' is required, and becomes null when what it refers to goes", Located(field.name, at: field.at),
                "on_delete = \"cascade\" or \"refuse\", unless that is meant")
        }
    }

    // MARK: Indexes

    /// Orders and rules for which every row of the collection is looked at.
    private static func unserved(_ collection: Collection, _ declared: CollectionDeclaration) -> [Fault] {
        let leading = Set(collection.indexes.compactMap { $0.parts.first?.field })
            .union(collection.uniqueKeys.filter { $0.condition == nil }.compactMap(\.fields.first))
            .union([Row.System.id, Row.System.createdAt])
        var found = declared.sort.compactMap { name -> Fault? in
            guard let field = collection.field(name.value), !leading.contains(field.index), field.index != Row.System.updatedAt else {
                return nil
            }
            return warning(
                "no index serves ?sort=\(name.value): every record is sorted for it", name, "add index = true to '\(name.value)'")
        }
        guard let place = declared.allow.list ?? declared.allow.read,
            let rule = (collection.behaviour.list ?? collection.behaviour.read)?.rule
        else { return found }
        let isUnserved = rule.residuals.contains { condition in
            let seeks = condition.seeks
            // Where a value that many rows share is enough, lists walk in their order and soon have a page.
            if seeks.contains(where: { $0.fields.contains { collection.fields[$0].hasFewValues } }) { return false }
            return seeks.contains { $0.fields.isDisjoint(with: leading) }
        }
        if isUnserved {
            found.append(
                warning(
                    "no index serves this rule: lists of '\(collection.name)' look at every record", place,
                    "compare a field of '\(collection.name)' itself, with index = true"))
        }
        return found
    }

    // MARK: Texts that look like expressions

    /// In `set` a text is literal unless it begins with `= ` (02-config).
    private static func doubtfulTexts(_ collection: Collection, _ declared: CollectionDeclaration, _ schema: Schema) -> [Fault] {
        let deletion = declared.softDelete?.set ?? []
        var found = texts(deletion, input: [], collection, schema)
        for transition in declared.transitions {
            let input = collection.behaviour.transitions.first { $0.name == transition.name }?.input ?? []
            found += texts(transition.set, input: input, collection, schema)
        }
        for action in declared.actions {
            let input = collection.behaviour.actions.first { $0.name == action.name }?.input ?? []
            found += texts(action.set, input: input, collection, schema)
        }
        return found
    }

    private static func texts(_ assignments: [Assignment], input: [Field], _ collection: Collection, _ schema: Schema) -> [Fault] {
        let types = Dictionary(input.map { ($0.name, $0.model.type) }) { first, _ in first }
        let scope = Scope(collection: collection.name, hasOld: true, hasNew: true, input: types)
        return assignments.compactMap { assignment in
            guard case .literal(.string(let text)) = assignment.source, isPath(text),
                collection.field(assignment.field.value)?.model.allowed?.contains(text) != true,
                (try? ExpressionCompiler(model: schema.model).compile(text, in: scope, as: .anything)) != nil
            else { return nil }
            return Fault(
                "this is the literal text '\(text)', and also the name of something", at: assignment.at,
                length: text.unicodeScalars.count + 2, suggestion: "write \"= \(text)\" if that is meant", severity: .warning)
        }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.first.map { $0 > 0x39 } == true
            && text.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_.".utf8.contains($0) }
    }
}

extension Field {
    /// Whether so many rows share each value that no index is worth it.
    fileprivate var hasFewValues: Bool {
        switch kind {
        case .bool, .enumeration, .state: true
        default: false
        }
    }
}
