package import Config
internal import Expressions
internal import Text

/// Turns the declarations of a file into a `Schema`, or into all that is wrong with them, each fault at its place in the file.
package struct SchemaCompiler {
    let configuration: Configuration
    let declarations: [CollectionDeclaration]
    let macros: [String: String]
    var model: Model
    var faults: [Fault] = []
    /// Names of what is itself faulty: nothing is said of what uses them.
    var doubtful: Set<String>
    var conditionCount = 0
    /// By collection.
    var computations: [String: ComputationDraft] = [:]
    var reportedCircles: Set<Set<String>> = []

    /// Conditions are numbered after those of `previous`. Nothing is said of what uses a name of `doubtful`.
    package static func compile(
        _ configuration: Configuration, after previous: Schema? = nil, doubting doubtful: Set<String> = []
    ) throws(Faults) -> Schema {
        var compiler = SchemaCompiler(configuration, doubtful)
        compiler.conditionCount = previous?.lastConditionNumber ?? 0
        return try compiler.schema()
    }

    /// The schema of a file, or everything that is wrong with the file: its form and its meaning at once, in the order of its lines.
    package static func compile(_ loaded: LoadedConfiguration, after previous: Schema? = nil) throws(Faults) -> Schema {
        var found = loaded.errors
        if loaded.isWhole {
            do throws(Faults) {
                let schema = try compile(loaded.configuration, after: previous, doubting: loaded.doubtful)
                if found.isEmpty { return schema }
            } catch {
                let told = Set(found.map(\.at))
                // The place of a form is that of its quote, the place of a name that of its first letter.
                found += error.all.filter { fault in
                    var quote = fault.at
                    quote.column -= 1
                    return !told.contains(fault.at) && !told.contains(quote)
                }
            }
        }
        let warnings = loaded.warnings.filter { $0.severity == .warning }
        throw Faults(loaded.ordered(warnings + found), sources: loaded.sources)
    }

    private init(_ configuration: Configuration, _ doubtful: Set<String>) {
        self.configuration = configuration
        self.doubtful = doubtful
        self.declarations = BuiltIns.merged(configuration).map { Desugaring.desugared($0, configuration) }
        self.macros = Dictionary(configuration.rules.map { ($0.name, $0.condition.value) }) { first, _ in first }
        self.model = Model(timezone: configuration.app.timezone)
    }

    private mutating func schema() throws(Faults) -> Schema {
        buildModel()
        // A field that is declared twice has no one meaning.
        if !faults.isEmpty { throw Faults(faults) }
        checkNames()
        checkTenancy()
        spreadDoubt()
        compileComputations()

        var collections: [Collection] = []
        for (number, declaration) in declarations.enumerated() {
            collections.append(collection(number, declaration))
        }
        for (collection, declaration) in zip(collections, declarations) { checkUse(of: collection, declaration) }
        checkRouteLimits()
        checkReferencesToWork()
        checkViewPaths()
        let kinds = mediaKinds()
        let handlers = handlers(for: collections)
        let jobs = jobPlans(for: collections)
        let schedules = schedules(for: collections)
        let tenancy = tenancy(collections)
        var audit = AuditPolicy()
        audit.allow = rule(configuration.audit.allow, of: nil)
        audit.keep = configuration.audit.keep
        let apiKeys = rule(configuration.auth.apiKeysAllow, of: nil)
        let searched = searched(among: collections)
        let realtime = realtime(among: collections)
        let views = views(of: collections)
        let backoffice = rule(configuration.backoffice.allow, of: nil)
        let notices = notices()
        let activeWhen = standing(configuration.auth.activeWhen, "'active_when'")
        let demandsSecondFactor = standing(configuration.auth.totp?.require, "'require'")
        guard faults.isEmpty, let users = collections.first(where: { $0.name == BuiltIns.users }),
            let media = collections.first(where: { $0.name == BuiltIns.media })
        else { throw Faults(faults) }
        return Schema(
            model: model, collections: collections, users: users, media: media, mediaKinds: kinds, activeWhen: activeWhen,
            demandsSecondFactor: demandsSecondFactor, handlers: handlers, endpoints: endpoints(among: collections), jobs: jobs,
            schedules: schedules, tenancy: tenancy, audit: audit,
            apiKeys: apiKeys,
            searched: searched, realtime: realtime, views: views, backoffice: backoffice, notices: notices,
            lastConditionNumber: conditionCount)
    }

    // MARK: Model

    private mutating func buildModel() {
        for declaration in declarations {
            var fields = Self.systemFields
            for field in declaration.fields {
                if fields.contains(where: { $0.name == field.name }) {
                    faults.append(
                        Fault("the field '\(field.name)' exists already", at: field.at, length: field.name.unicodeScalars.count))
                    continue
                }
                fields.append(fieldModel(field, of: declaration, index: fields.count))
            }
            for (index, field) in zip(Row.System.count..., declaration.fields) { fields += partModels(of: field, index: index) }
            model.collections[declaration.name] = CollectionModel(
                name: declaration.name, table: declaration.name, fields: fields, softDelete: declaration.softDelete != nil,
                isTenant: declaration.isTenant || arisesInTenants(declaration))
        }
        buildChildren()
        spreadHiding()
    }

    /// A collection that cascades from one whose rows can be hidden has rows that can be hidden (11-precisions 13).
    private mutating func spreadHiding() {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for declaration in declarations where model.collections[declaration.name]?.softDelete == false {
                let isHidden = declaration.fields.contains { field in
                    field.onDelete == .cascade && field.to.contains { model.collections[$0.value]?.softDelete == true }
                }
                guard isHidden else { continue }
                model.collections[declaration.name]?.softDelete = true
                isSettled = false
            }
        }
    }

    private static let systemFields: [FieldModel] = [
        FieldModel(name: "id", index: Row.System.id, type: .text, storage: .column("id")),
        FieldModel(name: "version", index: Row.System.version, type: .int, storage: .column("version")),
        FieldModel(name: "created_at", index: Row.System.createdAt, type: .moment, storage: .column("created_at")),
        FieldModel(name: "updated_at", index: Row.System.updatedAt, type: .moment, storage: .column("updated_at")),
        FieldModel(name: "deleted_at", index: Row.System.deletedAt, type: .moment, storage: .column("deleted_at")),
    ]

    private func fieldModel(_ field: FieldDeclaration, of collection: CollectionDeclaration, index: Int) -> FieldModel {
        let storage: FieldModel.Storage =
            switch field.type.value {
            case .refs, .medias: .members(table: "\(collection.name)__\(field.name)")
            case .flags: .list(column: field.name)
            case .ref where field.to.count > 1: .pair(collection: "\(field.name)_collection", id: field.name)
            default: .column(field.name)
            }
        let allowed = [.enum, .state, .flags].contains(field.type.value) ? field.values.map(\.value) : nil
        return FieldModel(
            name: field.name, index: index, type: valueType(of: field), storage: storage, allowed: allowed,
            isMarkup: field.type.value == .html)
    }

    /// The typed parts of a field that is a JSON object, for paths such as `location.lat`.
    private func partModels(of field: FieldDeclaration, index: Int) -> [FieldModel] {
        func part(_ name: String, _ type: ValueType, _ allowed: [String]? = nil) -> FieldModel {
            FieldModel(
                name: "\(field.name).\(name)", index: index, type: type, storage: .member(column: field.name, path: [name]),
                allowed: allowed)
        }
        switch field.type.value {
        case .geo: return [part("lat", .float), part("lng", .float)]
        case .object:
            // Of the others the JSON holds a text where an expression would need their number.
            let known: Set<FieldDeclaration.Kind> = [.string, .text, .email, .phone, .url, .enum, .int, .float, .bool]
            return field.fields.filter { known.contains($0.type.value) }.map {
                part($0.name, valueType(of: $0), $0.values.isEmpty ? nil : $0.values.map(\.value))
            }
        default: return []
        }
    }

    /// Every reference gives its targets a back-reference: under `as`, else under the child collection's name when that is unambiguous.
    private mutating func buildChildren() {
        for declaration in declarations {
            let references = declaration.fields.filter { $0.type.value == .ref }
            for field in references {
                for target in field.to.map(\.value) where model.collections[target] != nil {
                    let rivals = references.filter { $0.to.contains { $0.value == target } && $0.backReference == nil }
                    guard let name = field.backReference?.value ?? (rivals.count == 1 ? declaration.name : nil) else { continue }
                    let isTaken = model.collections[target]?.children.contains { $0.name == name } == true
                    if let given = field.backReference, isTaken {
                        faults.append(Fault("'\(target)' has children named '\(name)' already", at: given.at, length: name.count))
                    }
                    if isTaken { continue }
                    model.collections[target]?.children.append(ChildModel(name: name, collection: declaration.name, field: field.name))
                }
            }
        }
    }

    private mutating func checkNames() {
        var paths: [String: String] = [:]
        for declaration in declarations {
            for field in declaration.fields {
                for to in field.to where model.collections[to.value] == nil {
                    unknown("collection", to, among: declarations.map(\.name))
                    doubtful.insert(field.name)
                }
                for kind in field.kinds where !configuration.media.contains(where: { $0.name == kind.value }) {
                    unknown("kind of media", kind, among: configuration.media.map(\.name))
                }
                if [.media, .medias].contains(field.type.value), configuration.media.isEmpty {
                    faults.append(Fault("a media field needs a kind, and the file declares none ([media.<kind>])", at: field.at))
                }
            }
            let path = declaration.path?.value ?? declaration.name
            let at = declaration.path?.at ?? declaration.at
            if let other = paths.updateValue(declaration.name, forKey: path) {
                faults.append(Fault("the path '\(path)' is taken by '\(other)'", at: at, length: path.count))
            }
            let first = path.split(separator: "/").first.map(String.init) ?? path
            let isBuiltIn = declaration.name == BuiltIns.media
            if !isBuiltIn, Self.takenSegments.contains(first) {
                faults.append(
                    Fault("'/\(first)' belongs to Atlas itself", at: at, length: path.count, suggestion: "set another path = \"…\""))
            }
        }
        for rule in configuration.rules {
            for declaration in declarations where declaration.fields.contains(where: { $0.name == rule.name }) {
                faults.append(
                    Fault(
                        "the rule '\(rule.name)' is named like a field of '\(declaration.name)'", at: rule.condition.at,
                        suggestion: "give the rule another name"))
            }
        }
    }

    /// 11-precisions 66.
    static let takenSegments: Set<String> = [
        "auth", "me", "media", "search", "exports", "jobs", "events", "batch", "admin", "audit", "seo",
    ]

    // MARK: Doubt

    /// A rule is as doubtful as what it speaks of.
    private mutating func spreadDoubt() {
        var isSettled = doubtful.isEmpty
        while !isSettled {
            let next = macros.filter { !doubtful.contains($0.key) && mentionsDoubtful($0.value) }.map(\.key)
            isSettled = next.isEmpty
            doubtful.formUnion(next)
        }
    }

    func mentionsDoubtful(_ expression: String) -> Bool {
        guard !doubtful.isEmpty else { return false }
        let words = expression.utf8.split { byte in
            !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_"))
        }
        return words.contains { doubtful.contains(String(Substring($0))) }
    }

    // MARK: Expressions and names

    /// A condition over a user that is asked at each of his requests: without a query.
    private mutating func standing(_ source: Located<String>?, _ key: String) -> Expression? {
        guard let source,
            let condition = expression(source, in: Scope(collection: BuiltIns.users, hasCaller: false, macros: macros), as: .condition)
        else { return nil }
        if !condition.readsItsRowAndTheClockAlone {
            faults.append(
                Fault(
                    "\(key) is asked at every request: it looks at the user's own fields and 'now' alone", at: source.at,
                    length: source.value.unicodeScalars.count, suggestion: "keep what it depends on in a field of 'users'"))
        }
        return condition
    }

    mutating func expression(_ source: Located<String>, in scope: Scope, as expectation: Expectation) -> Expression? {
        located(source, in: scope) { compiler throws(ExpressionFault) in try compiler.compile(source.value, in: scope, as: expectation) }
    }

    /// Gives what `compile` makes of the source, or reports its fault where it stands.
    mutating func located<Result>(
        _ source: Located<String>, in scope: Scope, _ compile: (ExpressionCompiler) throws(ExpressionFault) -> Result
    ) -> Result? {
        do throws(ExpressionFault) {
            return try compile(ExpressionCompiler(model: model))
        } catch {
            if mentionsDoubtful(source.value) { return nil }
            let suggestion = error.suggestion.map { "did you mean '\($0)'?" }
            if let origin = error.origin, let rule = configuration.rules.first(where: { $0.name == origin.rule })?.condition {
                let use = scope.collection.map { " (the rule is used in '\($0)')" } ?? ""
                let at = rule.location(ofScalar: origin.range.lowerBound)
                // It is made once, however often the rule is used.
                if faults.contains(where: { $0.at == at }) { return nil }
                faults.append(Fault(origin.message + use, at: at, length: max(1, origin.range.count), suggestion: suggestion))
                return nil
            }
            faults.append(
                Fault(
                    error.message, at: source.location(ofScalar: error.range.lowerBound), length: max(1, error.range.count),
                    suggestion: suggestion))
            return nil
        }
    }

    mutating func condition(_ expression: Expression) -> Condition {
        conditionCount += 1
        return Condition(number: conditionCount, expression: expression)
    }

    mutating func accessRule(_ source: Located<String>?, of collection: String) -> AccessRule? {
        guard let rule = rule(source, of: collection) else { return nil }
        return AccessRule(rule: rule, conditions: rule.residuals.map { condition($0) })
    }

    mutating func rule(_ source: Located<String>?, of collection: String?, input: [String: ValueType] = [:]) -> Rule? {
        source.flatMap {
            expression($0, in: Scope(collection: collection, input: input, macros: macros), as: .condition)
        }.map { Rule($0) }
    }

    mutating func unknown(_ what: String, _ name: Located<String>, among known: [String]) {
        if doubtful.contains(name.value) { return }
        faults.append(
            Fault(
                "there is no \(what) '\(name.value)'", at: name.at, length: name.value.unicodeScalars.count,
                suggestion: NearestName.phrase(for: name.value, among: known)))
    }

    private mutating func mediaKinds() -> [String: CompiledMediaKind] {
        var kinds: [String: CompiledMediaKind] = [:]
        for kind in configuration.media {
            if kind.visibility == .private, !kind.variants.isEmpty {
                faults.append(
                    Fault(
                        "'\(kind.name)' is private, and whoever knows the address of a variant may fetch it", at: kind.at,
                        length: kind.name.unicodeScalars.count, suggestion: "leave out visibility, or the variants"))
            }
            kinds[kind.name] = CompiledMediaKind(declaration: kind, allow: rule(kind.allow, of: nil))
        }
        return kinds
    }
}
