/// `[backoffice]`: the pages of the staff.
package struct BackofficeSettings: Sendable {
    /// Nil: nobody enters.
    package var allow: Located<String>?
    /// How they sign in; empty: as everybody.
    package var methods: [Auth.Method] = []
    /// A host of its own; nil: `/backoffice` on every host.
    package var host: String?
    /// Where from; empty: anywhere.
    package var networks: [String] = []
    /// Languages of the pages; empty: `app.locale`.
    package var locales: [String] = []

    package init() {}
}

/// `[audit]`
package struct AuditSettings: Sendable {
    package var keep: Int64 = 31_536_000_000
    /// Who may read it; nil: nobody.
    package var allow: Located<String>?

    package init() {}
}

/// `[backup]`
package struct BackupSettings: Sendable {
    package enum Destination: Sendable, Equatable {
        /// Absolute.
        case directory(String)
        /// In the store of `[storage]`, with a prefix or without.
        case bucket(String, prefix: String)
    }
    /// How many of each kind stay.
    package struct Keep: Sendable, Equatable {
        package var hourly = 0
        package var daily = 7
        package var weekly = 0
        package var monthly = 0

        package init() {}
    }

    /// Minutes after midnight in `app.timezone`; every day, or where `every` counts from.
    package var at: Int?
    /// Milliseconds. Neither: no backup by itself.
    package var every: Int64?
    package var keep = Keep()
    package var to: [Destination] = []
    /// What copies are encrypted with; nil: they are not.
    package var key: Secret?

    package init() {}
}

/// `[metrics]`
package struct MetricsSettings: Sendable {
    /// Who may read `/metrics`.
    package var networks = ["127.0.0.0/8", "::1/128"]
    package var figures: [FigureDeclaration] = []

    package init() {}
}

/// `[alerts]`
package struct AlertSettings: Sendable {
    /// Notifications that tell of the default alerts, which exist where this is not empty.
    package var to: [Located<String>] = []
    package var own: [AlertDeclaration] = []

    package init() {}
}

/// `[alerts.<name>]`: a condition over the system that somebody wants to know of.
package struct AlertDeclaration: Sendable {
    package enum Severity: String, Sendable, CaseIterable { case info, warning, critical }
    package var name: String
    package var at: Location
    package var when: Located<String>
    /// How long it must hold.
    package var `for`: Int64 = 0
    package var severity = Severity.warning

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        when = Located("", at: at)
    }
}
