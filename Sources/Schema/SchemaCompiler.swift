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
        let activeWhen = standing(configuration.auth.activeWhen, "'active_when'", of: BuiltIns.users, root: "me", noun: "user")
        let demandsSecondFactor = standing(configuration.auth.totp?.require, "'require'", of: BuiltIns.users, root: "me", noun: "user")
        guard faults.isEmpty, let users = collections.first(where: { $0.name == BuiltIns.users }),
            let media = collections.first(where: { $0.name == BuiltIns.media })
        else { throw Faults(faults) }
        return Schema(
            model: model, collections: collections, users: users, media: media, mediaKinds: kinds, activeWhen: activeWhen,
            demandsSecondFactor: demandsSecondFactor, takesPasswords: configuration.auth.methods.contains(.password), handlers: handlers,
            endpoints: endpoints(among: collections), jobs: jobs,
            schedules: schedules, tenancy: tenancy, audit: audit,
            apiKeys: apiKeys,
            searched: searched, realtime: realtime, views: views, backoffice: backoffice, notices: notices,
            lastConditionNumber: conditionCount)
    }

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

    /// A condition over a row, the caller or his tenant, that is asked at every request: without a query.
    /// - Parameters:
    ///   - root: what the row is called in rules, `me`; here it is the record that is spoken of, and its fields bear their own names.
    ///   - noun: what people call it.
    mutating func standing(
        _ source: Located<String>?, _ key: String, of collection: String, root: String, noun: String
    ) -> Expression? {
        guard let source, !doubtful.contains(root) else { return nil }
        if let path = ExpressionCompiler(model: model).path(from: root, in: source.value) {
            faults.append(
                Fault(
                    "\(key) is about the \(noun) itself: '\(root)' has no meaning here",
                    at: source.location(ofScalar: path.range.lowerBound),
                    length: path.range.count, suggestion: "write '\(path.name)'"))
            return nil
        }
        guard let condition = expression(source, in: Scope(collection: collection, hasCaller: false, macros: macros), as: .condition)
        else { return nil }
        if !condition.readsItsRowAndTheClockAlone {
            faults.append(
                Fault(
                    "\(key) is asked at every request: it looks at the \(noun)'s own fields and 'now' alone", at: source.at,
                    length: source.value.unicodeScalars.count, suggestion: "keep what it depends on in a field of '\(collection)'"))
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
