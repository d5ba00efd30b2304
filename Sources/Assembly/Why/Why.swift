internal import Config
internal import Expressions
package import JSON
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Ports
internal import Records
internal import Schema

/// `atlas why`: which rule decides what a caller may do with a record, and by which values. Through the running server if there is one,
/// else on the data directory itself; nothing is changed.
package struct Why: Sendable {
    package struct Question: Sendable {
        /// `anonymous`, or a user by id, e-mail address, phone number or username.
        package var user: String
        /// `read list create update delete restore`, or the name of a transition or action.
        package var verb: String
        /// `/posts/hello-world`, below `/api/v1` or with it.
        package var path: String
        /// The tenant by id or lookup, where neither the record nor the caller's only membership says it.
        package var tenant: String?

        package init(user: String, verb: String, path: String, tenant: String? = nil) {
            self.user = user
            self.verb = verb
            self.path = path
            self.tenant = tenant
        }
    }

    /// The question makes no sense here.
    package struct Refused: Error, CustomStringConvertible {
        package var description: String
    }

    private let application: Application
    private let loop: any EventLoop

    init(application: Application, loop: any EventLoop) {
        self.application = application
        self.loop = loop
    }

    /// `{user, verb, record, allowed, reason, rules: [{asks, rule, at, holds, parts}], fields: [{field, right, rule, at}]}`
    package static func ask(_ question: Question, site: Site, log: Logger) async throws -> JSONValue {
        let socket = site.configuration.app.dataDirectory + "/control.sock"
        let command: JSONValue = [
            "command": "why", "user": .string(question.user), "verb": .string(question.verb), "path": .string(question.path),
            "tenant": question.tenant.map { .string($0) } ?? .null,
        ]
        if let answer = ControlClient.send(command, to: socket) {
            if let refusal = answer["error"]?.string { throw Refused(description: refusal) }
            return answer
        }
        let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
        do {
            let plan = try await Migrating(store: backend.store, site: site, clock: backend.clock).plan()
            guard plan.steps.isEmpty else {
                throw Refused(description: "the database is not yet what the file says: run atlas migrate first")
            }
            let answer = try await Why(application: try Application(site, backend), loop: backend.group.next()).answer(question)
            await backend.close()
            return answer
        } catch {
            await backend.close()
            throw error
        }
    }

    /// The same for the control socket.
    func answer(_ command: JSONValue) async -> JSONValue {
        let question = Question(
            user: command["user"]?.string ?? "anonymous", verb: command["verb"]?.string ?? "", path: command["path"]?.string ?? "",
            tenant: command["tenant"]?.string)
        do {
            return try await answer(question)
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private func answer(_ question: Question) async throws -> JSONValue {
        let records = application.records
        let site = application.site
        let target = try target(of: question.path)
        return try await records.write(for: .system(now: records.clock.now()), on: loop) { _, transaction in
            try Inquiry(site: site, transaction: transaction, now: records.clock.now()).answer(question, target.collection, target.rest)
        }.get()
    }

    /// The collection with the longest path that the given one begins with, and what is left.
    private func target(of path: String) throws -> (collection: Collection, rest: [String]) {
        var segments = path.split(separator: "/").map(String.init)
        if segments.starts(with: ["api", "v1"]) { segments.removeFirst(2) }
        let found = application.site.schema.collections.filter { segments.starts(with: $0.path) }.max { $0.path.count < $1.path.count }
        guard let found else {
            let known = application.site.schema.collections.map { "/" + $0.path.joined(separator: "/") }
            throw Refused(description: "no collection is at \(path); known here: \(known.joined(separator: ", "))")
        }
        return (found, Array(segments.dropFirst(found.path.count)))
    }
}
