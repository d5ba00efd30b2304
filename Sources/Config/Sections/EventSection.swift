/// `[[on]]`, `[schedules]` and the effects that both have.
extension Language {
    static let on = Form<[EventDeclaration]>.list(Form.table(onSection) { EventDeclaration(at: $0.at) })

    static let onSection = Section<EventDeclaration>(keys: [
        Key(
            "event", .oneOrList(.event).filled("this would never happen", "write at least one event"), \.events, isRequired: true,
            "`<collection>.<what happens>` (created, updated, deleted, restored, a transition or action), `auth.…`, `alert.…`"),
        Key("when", .expression, \.when, "only where this holds; `new` and `old` are the record"),
        Key("do", effects(jobs: { $0.jobs }), \.effects, isRequired: true, "what follows, in its transaction"),
    ])

    static let schedules = Form<[ScheduleDeclaration]>.byName("schedule", shape: schedule.shape) { member, reading in
        let form = Form.table(schedule) { node in
            let never = Cron(minutes: 0, hours: 0, days: 0, months: 0, weekdays: 0, anyDay: true, anyWeekday: true)
            var declared = ScheduleDeclaration(name: member.name, at: member.at, cron: Located(never, at: node.at))
            declared.cronText = node.table?["cron"]?.node.string ?? ""
            return declared
        }
        return form.read(member.node, reading)
    }

    static let schedule = Section<ScheduleDeclaration>(keys: [
        Key("cron", Form.cron.located, \.cron, isRequired: true, "minute hour day month weekday, in `app.timezone`"),
        Key(
            "do", effects(jobs: { $0.scheduledJobs }), \.effects, isRequired: true,
            "effects without a record; `job` may also name built-in work: \(DeclaredNames.builtInJobs.joined(separator: ", "))"),
    ])

    /// - Parameter jobs: those that may be started here.
    private static func effects(jobs: @escaping @Sendable (DeclaredNames) -> [String]) -> Form<[EffectDeclaration]> {
        .list(Form.table(effect(jobs: jobs)) { EffectDeclaration(at: $0.at) }).filled("nothing follows", "write at least one effect")
    }

    static func effect(jobs: @escaping @Sendable (DeclaredNames) -> [String]) -> Section<EffectDeclaration> {
        Section(
            keys: [
                Key("update", .expression, \.[.update], "rows that `set` changes: a path, `all.x` or `first(…)`"),
                Key("insert", .collection, \.[.insert], "the collection of a new row, which `set` describes"),
                Key("job", .reference("job", in: "jobs", jobs), \.[.job], "a job to start"),
                Key("notify", .notice, \.[.notify], "a message to send"),
                Key(
                    "webhook", .reference("webhook", in: "webhooks") { $0.webhooks }, \.[.webhook], "a webhook to deliver"),
                Key(
                    "document", .reference("document", in: "documents") { $0.documents }, \.[.document], "a document to make"),
                Key("export", .reference("export", in: "exports") { $0.exports }, \.[.export], "an export to make"),
                Key("each", .expression, \.each, "rows, for each of which it is done; each is `this`"),
                Key("where", .expression, \.where, "which of these rows"),
                Key("set", assignments, \.set, "`update`, `insert`: values; strings that begin with `= ` are expressions"),
                Key("to", .value, \.to, "`notify`: an address, a user or a record; what the message says unless said"),
                Key("filters", assignments, \.filters, "`export`: values of the collection's filters"),
                Key("format", .choice(), \.format, "`export`: the first of its formats unless said"),
            ], check: checkEffect)
    }

    /// Keys that belong to some effects only.
    private static let fitting: [String: Set<EffectDeclaration.Kind>] = [
        "set": [.update, .insert], "to": [.notify], "filters": [.export], "format": [.export],
        "each": [.insert, .job, .notify, .document],
    ]

    @Sendable private static func checkEffect(_ effect: inout EffectDeclaration, _ table: TOMLTable, _ reading: Reading) {
        let kinds = EffectDeclaration.Kind.allCases.map(\.rawValue)
        guard let verb = only(kinds, of: table, at: effect.at, length: 1, reading), let kind = EffectDeclaration.Kind(rawValue: verb.name)
        else {
            return
        }
        if effect.waitsForItsJob { reading.leaveOut(effect.target.value, at: effect.target.at, length: effect.target.value.utf8.count + 2) }
        for member in table.members {
            guard let kinds = fitting[member.name], !kinds.contains(kind) else { continue }
            let home = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            reading.report("'\(member.name)' does not fit '\(kind.rawValue)'", key: member, suggestion: "it belongs to \(home)")
        }
        if kind == .update || kind == .insert, table["set"] == nil {
            reading.report("'\(kind.rawValue)' needs 'set'", key: verb, suggestion: "set = { field = \"= expression\" }")
        }
        if let member = table["where"], kind != .update, table["each"] == nil {
            reading.report("'where' chooses among rows, and there are none", key: member, suggestion: "add 'each', or use 'when'")
        }
    }
}

extension EffectDeclaration {
    /// The target under the key that says what kind of effect it is.
    fileprivate subscript(kind: Kind) -> Located<String> {
        get { target }
        set {
            self.kind = kind
            target = newValue
        }
    }
}
