import ArgumentParser
import Assembly
import Glibc
import Logging
import NIOPosix
import Ports
import Schema

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what the file would change in the database.",
        discussion: """
            The server must not be running. Nothing is changed.

            EXAMPLES:
              atlas plan --config atlas.toml
            """)

    @OptionGroup var options: DataOptions

    func run() async throws {
        try await withMigrating(options) { migrating in
            show(try await migrating.plan())
        }
    }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database in line with the file.",
        discussion: """
            The server must not be running. A copy of the database is kept in the data directory before anything changes.

            EXAMPLES:
              atlas migrate --config atlas.toml
              atlas migrate --config atlas.toml --allow drop:posts.subtitle
            """)

    @OptionGroup var options: DataOptions

    @Option(
        name: .long,
        help: ArgumentHelp("A step that is not safe and shall be taken all the same, as `atlas plan` names it.", valueName: "step"))
    var allow: [String] = []

    func run() async throws {
        try await withMigrating(options) { migrating in
            show(try await migrating.run(allowing: Set(allow)))
        }
    }
}

private func show(_ plan: MigrationPlan) {
    if plan.steps.isEmpty { print("nothing to change") }
    for (number, step) in plan.steps.enumerated() {
        let permission = step.permission.map { "   (--allow \($0))" } ?? ""
        print("\(number + 1). \(step.safety.rawValue): \(step.title)\(permission)")
    }
}

private func withMigrating(_ options: DataOptions, _ body: (Migrating) async throws -> Void) async throws {
    let site = try options.site()
    do {
        let log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
        let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
        do {
            try await body(Migrating(store: backend.store, site: site, clock: backend.clock))
            await backend.close()
        } catch {
            await backend.close()
            throw error
        }
    } catch let refused as Migrating.Refused {
        complain(refused.description(options: options.words))
        throw SiteOptions.configurationError
    } catch let shared as SharedValues {
        complain(describe(shared))
        throw SiteOptions.configurationError
    } catch {
        complain("\(describe(error))")
        throw ExitCode(1)
    }
}

/// Which records stand in the way of a unique key.
func describe(_ shared: SharedValues) -> String {
    let fields = shared.fields.joined(separator: ", ")
    let values = shared.values.map { "'\($0)'" }.joined(separator: ", ")
    return "records of '\(shared.collection)' share a value of \(fields), which the file makes unique: \(values); nothing was changed. "
        + "Change these records, or take the key out of the file."
}

/// What a store or listener says of itself, without Swift's decoration.
func describe(_ error: any Error) -> String {
    if case StoreError.unavailable(let reason) = error { return reason }
    if case ObjectStoreError.unavailable(let reason) = error { return "\(reason) (storage.dir, which stands in app.data_dir)" }
    return "\(error)"
}
