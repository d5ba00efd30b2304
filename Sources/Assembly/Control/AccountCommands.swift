internal import Config
internal import Expressions
internal import HTTPAPI
internal import Identity
package import JSON
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Ports
internal import Records
internal import Schema

/// What operators do to accounts, sessions and keys, and schedules that they run: by the running server if there is one, else on the data directory itself.
///
/// A command is `{command: "user.create", …}`, its answer an object; `error` says why it was refused.
package struct AccountCommands: Sendable {
    package struct Refused: Error, CustomStringConvertible {
        package var description: String
    }

    /// The commands, by name.
    static let names: Set<String> = [
        "user.create", "user.list", "user.disable", "user.enable", "user.reset-password", "user.reset-totp", "user.grant",
        "session.list", "session.revoke",
        "keys.list", "keys.rotate", "schedule.run",
    ]
    private static let listLimit = 1_000

    let application: Application
    let backend: Backend
    let loop: any EventLoop

    package static func run(_ command: JSONValue, site: Site, log: Logger) async throws -> JSONValue {
        let socket = site.configuration.app.dataDirectory + "/control.sock"
        if let answer = ControlClient.send(command, to: socket) { return try checked(answer) }
        let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
        let answer: JSONValue
        do {
            _ = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
            let loop = backend.group.next()
            try await backend.signingKeys.load(from: backend.store, on: loop).get()
            answer = await AccountCommands(application: try Application(site, backend), backend: backend, loop: loop).answer(command)
        } catch {
            await backend.close()
            throw error
        }
        // Once: what is closed a second time waits for a loop that has ended.
        await backend.close()
        return try checked(answer)
    }

    private static func checked(_ answer: JSONValue) throws(Refused) -> JSONValue {
        if let error = answer["error"]?.string { throw Refused(description: error) }
        return answer
    }

    /// The same for the control socket.
    func answer(_ command: JSONValue) async -> JSONValue {
        do {
            return try await perform(command)
        } catch {
            return ["error": .string(Self.message(for: error))]
        }
    }

    private var identity: IdentityServices { application.identity }
    private var users: Collection { application.records.schema.users }

    private func perform(_ command: JSONValue) async throws -> JSONValue {
        switch command["command"]?.string {
        case "user.create": return ["id": .string(try await identity.accounts.create(typed(command["user"] ?? .null), on: loop).get())]
        case "user.list": return try await list()
        case "user.disable":
            let user = try await user(command)
            return ["id": .string(user.id), "ended": .integer(Int64(try await identity.sessions.close(user.id, on: loop).get()))]
        case "user.enable":
            let user = try await user(command)
            try await identity.sessions.reopen(user.id, on: loop).get()
            return ["id": .string(user.id)]
        case "user.reset-password":
            let user = try await user(command)
            let mustChange = command["must_change"] == .bool(true)
            try await identity.passwords.reset(user.id, to: command["password"]?.string ?? "", mustChange: mustChange, on: loop).get()
            return ["id": .string(user.id)]
        case "user.reset-totp":
            let user = try await user(command)
            guard let factors = identity.accounts.secondFactors else { throw Refused(description: "the file offers no authenticators") }
            return ["id": .string(user.id), "ended": .integer(Int64(try await factors.reset(user.id, on: loop).get()))]
        case "user.grant": return try await grant(typed(command["fields"] ?? .null), to: user(command))
        case "session.list": return try await sessions(of: user(command))
        case "session.revoke": return try await revoke(command)
        case "keys.list": return keys
        case "keys.rotate":
            try await identity.keys.rotate(in: backend.store, on: loop).get()
            return keys
        case "schedule.run":
            let name = command["schedule"]?.string ?? ""
            guard try await application.records.runSchedule(name, on: loop) else {
                let known = application.records.schema.schedules.map(\.name)
                let advice = known.isEmpty ? "the file has none" : "there are \(known.joined(separator: ", "))"
                throw Refused(description: "there is no schedule '\(name)': \(advice)")
            }
            return ["ran": .string(name)]
        default: throw Refused(description: "there is no such command")
        }
    }

    // MARK: Users

    /// By id, e-mail address or phone number.
    private func user(_ command: JSONValue) async throws -> Row {
        let name = command["user"]?.string ?? ""
        let users = users
        let region = PhoneNumber.region(ofLocale: application.site.configuration.app.locale)
        let found = try await application.records.store.transaction(on: loop) { transaction -> Row? in
            if UUIDv7.isUUID(name) { return try transaction.row(in: users.name, id: name.lowercased()) }
            let address = EmailAddress.normalized(name).map { ("email", $0) }
            guard let (field, text) = address ?? PhoneNumber.normalized(name, region: region).map({ ("phone", $0) }),
                let index = users.field(field)?.index
            else { return nil }
            return try transaction.row(Access(users, environment: Environment()), key: .field(index, .text(text)))
        }.get()
        guard let found else { throw Refused(description: "there is no user '\(name)': name an id, an e-mail address or a phone number") }
        return found
    }

    private func list() async throws -> JSONValue {
        struct Listed: Sendable {
            var row: Row
            var isClosed: Bool
            var hasAuthenticator: Bool
        }
        let users = users
        let listed = try await application.records.store.transaction(on: loop) { transaction -> [Listed] in
            let ids = try transaction.walk.ids(in: users, after: 0, limit: Self.listLimit).ids
            return try ids.compactMap { try transaction.row(in: users.name, id: $0) }.map { row in
                Listed(
                    row: row, isClosed: try transaction.accounts.isClosed(row.id),
                    hasAuthenticator: try transaction.secondFactors.isOn(for: row.id))
            }
        }.get()
        let names = ["email", "phone", "email_verified", "last_login_at"]
        let rights = application.records.schema.rights
        return [
            "users": .array(
                listed.map { user in
                    func members(_ fields: [Field]) -> [JSONMember] {
                        fields.map { JSONMember(name: $0.name, value: user.row.json($0)) }
                    }
                    let isOpen = !user.isClosed && identity.sessions.isActive(user.row)
                    let facts = [
                        JSONMember(name: "id", value: .string(user.row.id)), JSONMember(name: "active", value: .bool(isOpen)),
                        JSONMember(name: "authenticator", value: .bool(user.hasAuthenticator)),
                        JSONMember(name: "rights", value: .object(members(rights))),
                    ]
                    return .object(facts + members(names.compactMap { users.field($0) }))
                })
        ]
    }

    /// Values that were typed, as the JSON that their fields take.
    private func typed(_ body: JSONValue) -> JSONValue {
        guard case .object(let members) = body else { return body }
        return .object(
            members.map { member in
                guard case .string(let text) = member.value, let field = users.field(member.name) else { return member }
                return JSONMember(name: member.name, value: field.typed(text))
            })
    }

    /// Any field, whatever rights say (11-precisions 60).
    private func grant(_ fields: JSONValue, to user: Row) async throws -> JSONValue {
        guard case .object(let members) = fields, !members.isEmpty else { throw Refused(description: "name at least one field=value") }
        var values: [Int: Value] = [:]
        var faults: [FieldFault] = []
        for member in members {
            guard let field = users.field(member.name), member.name != "password" else {
                faults.append(FieldFault(path: member.name, code: "unknown", message: "there is no such field"))
                continue
            }
            guard field.index >= Row.System.count else {
                faults.append(FieldFault(path: member.name, code: "readonly", message: "the server keeps it"))
                continue
            }
            do throws(FieldFaults) {
                values[field.index] = try field.value(from: member.value, path: member.name)
            } catch {
                faults += error.faults
            }
        }
        if !faults.isEmpty { throw RecordError.invalid(faults) }
        let system = Caller.system(now: backend.clock.now())
        let (changes, users) = (values, users)
        _ = try await application.records.write(for: system, on: loop) { writer, _ in
            try writer.set(changes, of: users, id: user.id)
        }.get()
        return ["id": .string(user.id)]
    }

    // MARK: Sessions and keys

    private func sessions(of user: Row) async throws -> JSONValue {
        let listed = try await identity.sessions.list(of: user.id, on: loop).get()
        return [
            "sessions": .array(
                listed.map { entry in
                    let session = entry.session
                    return [
                        "id": .string(session.id), "ip": .string(session.address), "user_agent": .string(session.userAgent),
                        "created_at": .string(Timestamp.text(session.createdAt)), "last_used_at": .string(Timestamp.text(session.usedAt)),
                        "expires_at": .string(Timestamp.text(session.expiresAt)),
                    ]
                })
        ]
    }

    private func revoke(_ command: JSONValue) async throws -> JSONValue {
        let user = try await user(command)
        if let session = command["session"]?.string {
            try await identity.sessions.revoke(session, of: user.id, on: loop).get()
            return ["ended": 1]
        }
        return ["ended": .integer(Int64(try await identity.sessions.revokeAll(of: user.id, except: nil, on: loop).get()))]
    }

    private var keys: JSONValue {
        [
            "keys": .array(
                identity.keys.listed.map {
                    ["id": .string($0.id), "created_at": .string(Timestamp.text($0.createdAt)), "current": .bool($0.isCurrent)]
                })
        ]
    }

    /// What went wrong, for the operator.
    static func message(for error: any Error) -> String {
        switch error {
        case RecordError.invalid(let faults), RecordError.fieldsForbidden(let faults):
            faults.map { "\($0.path): \($0.message)" }.joined(separator: "\n")
        case RecordError.conflict(let keys): "another user has this \(keys.joined().joined(separator: ", ")) already"
        case RecordError.checkFailed(_, let message): message
        case RecordError.notFound: "there is no such thing"
        default: "\(error)"
        }
    }
}
