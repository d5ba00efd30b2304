internal import Config
internal import HTTPAPI
internal import Identity
package import JSON
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Ports
internal import Records
internal import Schema

/// `atlas user create`: through the running server if there is one, else on the data directory itself.
package enum UserCreation {
    package struct Refused: Error, CustomStringConvertible {
        package var description: String
    }

    /// The id of the new user.
    package static func run(_ user: JSONValue, site: Site, log: Logger) async throws -> String {
        let socket = site.configuration.app.dataDirectory + "/control.sock"
        if let answer = ControlClient.send(["command": "user.create", "user": user], to: socket) {
            guard let id = answer["id"]?.string else { throw Refused(description: answer["error"]?.string ?? "the server refused") }
            return id
        }
        let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
        do {
            _ = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
            let application = try Application(site, backend)
            let id = try await application.identity.accounts.create(user, on: backend.group.next()).get()
            await backend.close()
            return id
        } catch {
            await backend.close()
            throw error is Migrating.Refused ? error : Refused(description: message(for: error))
        }
    }

    /// What went wrong, for the operator.
    static func message(for error: any Error) -> String {
        switch error {
        case RecordError.invalid(let faults), RecordError.fieldsForbidden(let faults):
            faults.map { "\($0.path): \($0.message)" }.joined(separator: "\n")
        case RecordError.conflict(let fields): "another user has this \(fields.joined(separator: ", ")) already"
        default: "\(error)"
        }
    }
}
