internal import Edge
internal import Expressions
internal import Identity
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// Accounts that somebody makes for others, with address and password: what `users` has besides the operations of every collection.
struct UserRoutes: Sendable {
    private let users: Resource
    private let accounts: Accounts

    init(_ context: APIContext, _ accounts: Accounts) {
        users = Resource(context: context, collection: context.records.schema.users)
        self.accounts = accounts
    }

    /// Described with the other operations of the collection.
    func add(to routes: inout RouteTable) {
        routes.add(.POST, users.base, create)
    }

    @Sendable private func create(_ call: Call) -> Intake {
        let context = users.context
        return context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                // Whoever has a key would have an account of his choosing, with all that no key reaches.
                guard caller.key == nil else { throw Failure(ResolvedCaller.Refused.outOfReach) }
                let rule = users.collection.behaviour.create
                guard context.records.admitsWriting(rule, for: caller) else { throw RecordError.unauthenticated }
                guard rule != nil else { throw caller.refusal("nobody makes accounts for others here") }
                return accounts.make(body, for: caller, into: Envelope.open(), on: call.request.eventLoop).map { written in
                    users.respond(written.answer, to: call, status: .created, location: "\(users.base)/\(written.row.id)")
                }.flatMapErrorThrowing { throw Failure(identity: $0) }
            }
    }
}
