/// Something that the file names and a worker does, as a durable job (06-queue).
package struct Work: Sendable, Hashable {
    /// What is done; its raw value is the kind of the durable job.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// `[jobs.<name>]`
        case job = "job.run"
        /// `[documents.<name>]`
        case document = "document.render"
        /// `[exports.<name>]`
        case export = "export.run"
        /// Upkeep that needs no record: the kind of the durable job is the name itself.
        case builtIn = ""
    }

    package var kind: Kind
    package var name: String
    package var queue: String
    package var attempts: Int

    package init(kind: Kind, name: String, queue: String, attempts: Int) {
        self.kind = kind
        self.name = name
        self.queue = queue
        self.attempts = attempts
    }

    /// The kind of its durable job.
    package var jobKind: String { kind == .builtIn ? name : kind.rawValue }
}
