internal import Config
package import Ports
package import Schema

/// Bringing the stored schema in line with the file.
package struct Migrating: Sendable {
    private let store: any SchemaStore
    private let site: Site
    private let clock: any Clock

    package init(store: any SchemaStore, site: Site, clock: any Clock) {
        self.store = store
        self.site = site
        self.clock = clock
    }

    /// The file asks for steps that nobody has allowed. Nothing was changed.
    package struct Refused: Error, CustomStringConvertible {
        package var steps: [MigrationPlan.Step]

        package var description: String { description(options: "") }

        /// With the words that make `atlas migrate` look at the same file and directory: ` --config atlas.toml`.
        package func description(options: String) -> String {
            let lines = steps.map {
                "  \($0.safety.rawValue): \($0.title)\n    to allow it: atlas migrate\(options) --allow \($0.permission ?? "")"
            }
            return "the file asks for changes that are not safe; nothing was changed\n" + lines.joined(separator: "\n")
        }
    }

    package func plan() async throws -> MigrationPlan {
        let stored = try await store.storedSnapshot()
        let plan = MigrationPlan(
            from: stored.flatMap { SchemaSnapshot(text: $0) }, to: site.schema, declarations: site.configuration.collections)
        return plan.tables.isEmpty ? plan : plan.telling(try await store.rows(of: plan.tables))
    }

    /// Takes all steps, in one transaction, unless one is neither safe nor in `permissions`. Gives what was done.
    package func run(allowing permissions: Set<String> = []) async throws -> MigrationPlan {
        let plan = try await plan()
        let refused = plan.refused(allowing: permissions)
        guard refused.isEmpty else { throw Refused(steps: refused) }
        let snapshot = SchemaSnapshot(site.schema).text
        // Also without a step: indexes follow from the collections, and may differ all the same.
        try await store.migrate(
            Migration(
                steps: plan.steps.flatMap(\.changes), collections: site.schema.collections, snapshot: snapshot,
                description: plan.steps.map(\.title).joined(separator: "; "), binary: Version.text, at: clock.now()))
        return plan
    }
}
