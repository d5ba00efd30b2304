import Expressions
import Ports
import Testing

@testable import Identity

/// What is asked of an account at each request, by its row and the clock.
@Suite struct AccountPolicyTests {
    private static let model: Model = {
        func field(_ name: String, _ index: Int, _ type: ValueType) -> FieldModel {
            FieldModel(name: name, index: index, type: type, storage: .column(name))
        }
        let fields = [field("id", 0, .text), field("role", 1, .text), field("until", 2, .moment), field("must", 3, .bool)]
        return Model(collections: [CollectionModel(name: "users", table: "users", fields: fields)])
    }()

    private static func condition(_ source: String?) throws -> Expression? {
        try source.map {
            try ExpressionCompiler(model: model).compile($0, in: Scope(collection: "users", hasCaller: false), as: .condition)
        }
    }

    private static func policy(active: String? = nil, demands: String? = nil) throws -> AccountPolicy {
        AccountPolicy(activeWhen: try condition(active), demandsSecondFactor: try condition(demands), mustChangePassword: 3)
    }

    private func user(_ role: String, until: Int64? = nil, must: Bool = false) -> Row {
        Row(collection: "users", values: [.text("u"), .text(role), until.map { .moment($0) } ?? .null, .bool(must)])
    }

    private func session(_ user: Row, hasSecondFactor: Bool = false) -> ActiveSession {
        ActiveSession(
            Session(id: "s", user: "u", createdAt: 0, expiresAt: .max, refreshHash: []), me: user, hasSecondFactor: hasSecondFactor)
    }

    private func isClosed(_ standing: ActiveSession.Standing) -> Bool { if case .ended = standing { true } else { false } }
    private func isOpen(_ standing: ActiveSession.Standing) -> Bool { if case .active = standing { true } else { false } }
    private func mustSetUp(_ standing: ActiveSession.Standing) -> Bool {
        if case .mustSetUpSecondFactor = standing { true } else { false }
    }

    @Test func verdicts() throws {
        let policy = try Self.policy(active: "role != 'GONE'", demands: "role == 'ADMIN'")
        #expect(policy.isLasting)
        #expect(policy.verdict(on: user("USER"), hasSecondFactor: false, at: 0) == .open)
        #expect(policy.verdict(on: user("ADMIN"), hasSecondFactor: false, at: 0) == .mustSetUpSecondFactor)
        #expect(policy.verdict(on: user("ADMIN"), hasSecondFactor: true, at: 0) == .open)
        #expect(policy.verdict(on: user("ADMIN", must: true), hasSecondFactor: false, at: 0) == .mustChangePassword)
        #expect(policy.verdict(on: user("GONE", must: true), hasSecondFactor: false, at: 0) == .closed)
    }

    /// No change of the record, no sign-in: the time alone closes, and opens.
    @Test func theClockActsAtTheNextRequest() throws {
        let policy = try Self.policy(active: "until == null or now < until")
        #expect(!policy.isLasting)
        let session = session(user("USER", until: 10))
        #expect(isOpen(session.used(at: 9, under: policy).0))
        #expect(isClosed(session.used(at: 10, under: policy).0))
        #expect(isOpen(session.used(at: 9, under: policy).0), "it is judged again, not ended")
    }

    /// Two commits that were asked for on two loops are told in any order.
    @Test func whatWasTakenAwayDoesNotComeBackByAnOlderRow() {
        func version(_ number: Int64, _ role: String) -> Row {
            Row(collection: "users", values: [.text("u"), .int(number), .null, .null, .null, .text(role)])
        }
        let session = session(version(1, "USER"))
        session.replace(version(3, "USER"))
        session.replace(version(2, "ADMIN"))
        guard case .active(let me) = session.used(at: 0, under: AccountPolicy()).0 else {
            Issue.record("the session is not open")
            return
        }
        #expect(me.version == 3 && me.values[5] == .text("USER"))
    }

    /// A role that is granted, an authenticator that is set up or given up, a file that is read again.
    @Test func aSessionThatIsOpenIsBoundAtItsNextRequest() throws {
        let policy = try Self.policy(demands: "role == 'ADMIN'")
        let session = session(user("USER"))
        #expect(isOpen(session.used(at: 0, under: policy).0))
        session.replace(user("ADMIN"))
        #expect(mustSetUp(session.used(at: 0, under: policy).0))
        session.setHasSecondFactor(true)
        #expect(isOpen(session.used(at: 0, under: policy).0))
        session.setHasSecondFactor(false)
        #expect(isOpen(session.used(at: 0, under: try Self.policy()).0))
        #expect(mustSetUp(session.used(at: 0, under: policy).0))
    }

    @Test func whatHoldsForAUserReachesHisSessionsInMemory() throws {
        let policy = try Self.policy(demands: "true")
        let registry = SessionRegistry()
        let session = registry.insert(session(user("USER")))
        let seen = registry.changes
        registry.secondFactorChanged("u", has: true)
        #expect(isOpen(registry.standing(of: session, for: RequestFacts(), at: 0, under: policy)))
        #expect(registry.insert(self.session(user("USER")), unlessChangedSince: seen) == nil, "what was read before is read again")
    }
}
