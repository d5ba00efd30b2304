/// A named step of the state machine.
package struct TransitionDeclaration: Sendable {
    package enum Actor: String, Sendable, CaseIterable { case client, job }
    package var name: String
    package var at: Location
    package var from: [Located<String>]
    package var to: Located<String>
    package var allow: Located<String>?
    package var set: [Assignment] = []
    package var checks: [CheckDeclaration] = []
    /// Fields of the body; only scalar types.
    package var input: [FieldDeclaration] = []
    package var by = Actor.client
    /// When the clock fires it: an expression over the record's own fields.
    package var due: Located<String>?
    /// Milliseconds after entering the state, when the clock fires it.
    package var after: Int64?

    package init(name: String, at: Location, from: [Located<String>], to: Located<String>) {
        self.name = name
        self.at = at
        self.from = from
        self.to = to
    }
}

/// A named operation on a record that is no transition.
package struct ActionDeclaration: Sendable {
    package var name: String
    package var at: Location
    package var allow: Located<String>?
    package var set: [Assignment] = []
    package var checks: [CheckDeclaration] = []
    package var input: [FieldDeclaration] = []
    /// What it starts; at most one of the two.
    package var job: Located<String>?
    package var document: Located<String>?

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}
