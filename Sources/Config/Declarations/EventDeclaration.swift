/// `[[on]]`: what follows when something happens.
package struct EventDeclaration: Sendable {
    package var at: Location
    /// `tasks.created`, `auth.login`, `alert.firing`; at least one.
    package var events: [Located<String>] = []
    package var when: Located<String>?
    /// At least one, in the order in which they run.
    package var effects: [EffectDeclaration] = []

    package init(at: Location) {
        self.at = at
    }
}

/// One of `do`: what the system does in the transaction of its cause.
package struct EffectDeclaration: Sendable {
    package enum Kind: String, Sendable, CaseIterable { case update, insert, job, notify, webhook, document, export }

    package var at: Location
    package var kind = Kind.update
    /// `update`: rows, as an expression. `insert`: a collection. Of the others the name.
    package var target: Located<String>
    /// Rows for each of which it is done, as an expression; each is `this`.
    package var each: Located<String>?
    /// Which of these rows.
    package var `where`: Located<String>?
    package var set: [Assignment] = []
    /// `notify`: an address, a user or a record; nil: what the notification itself says.
    package var to: Assignment.Source?
    /// `export`: values of the collection's filters.
    package var filters: [Assignment] = []
    /// `export`; nil: the first of its formats.
    package var format: ExportDeclaration.Format?

    package init(at: Location) {
        self.at = at
        target = Located("", at: at)
    }
}

extension EffectDeclaration {
    /// Whether it starts built-in work that this version does not do.
    package var waitsForItsJob: Bool { kind == .job && ["media.sweep", "backup.run"].contains(target.value) }
}

/// `[schedules] <name>`: effects by the clock, without a record.
package struct ScheduleDeclaration: Sendable {
    package var name: String
    package var at: Location
    package var cron: Located<Cron>
    /// As it is written.
    package var cronText = ""
    package var effects: [EffectDeclaration] = []

    package init(name: String, at: Location, cron: Located<Cron>) {
        self.name = name
        self.at = at
        self.cron = cron
    }
}
