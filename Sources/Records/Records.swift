package import Expressions
internal import JSON
package import NIOCore
package import Ports
package import Schema

/// The one way to read and write records. Every client of Atlas (API, jobs, command line) comes through here, under the same rules.
package final class Records: Sendable {
    package let schema: Schema
    package let store: any Store
    package let clock: any Clock
    package let random: any Random
    package let projections: Projections
    package let readCounts: ReadCounts
    /// Does what belongs into the same commit as those changes.
    private let companion: @Sendable ([RecordChange], any Transaction) throws -> Void
    /// Told of every write after its commit and before its answer.
    private let observer: @Sendable ([RecordChange]) -> Void
    /// Told after a commit when a transition that it brought is due.
    private let onDue: @Sendable (Int64) -> Void
    private let seal: Seal?
    package let unseal: Unseal?
    private let admitsAddress: @Sendable (String) -> Bool

    package init(
        schema: Schema, store: any Store, clock: any Clock, random: any Random, readCounts: ReadCounts = ReadCounts(), seal: Seal? = nil,
        unseal: Unseal? = nil, admitsAddress: @escaping @Sendable (String) -> Bool = { _ in true },
        companion: @escaping @Sendable ([RecordChange], any Transaction) throws -> Void = { _, _ in },
        observer: @escaping @Sendable ([RecordChange]) -> Void = { _ in }, onDue: @escaping @Sendable (Int64) -> Void = { _ in }
    ) {
        self.onDue = onDue
        self.seal = seal
        self.unseal = unseal
        self.admitsAddress = admitsAddress
        self.schema = schema
        self.store = store
        self.clock = clock
        self.random = random
        self.readCounts = readCounts
        self.projections = Projections(schema: schema)
        self.companion = companion
        self.observer = observer
    }

    // MARK: Reading

    /// A record as JSON appended to `buffer`. Fails with `.notFound`, or `.unauthenticated` where no anonymous caller can ever read.
    package func read(
        _ collection: Collection, _ key: RecordKey, projection: Projection? = nil, listed: Bool = false, for caller: Caller,
        into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<RecordAnswer> {
        let access: Access
        do {
            access = try self.access(to: collection, for: caller, listed: listed)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let read = RecordRead(access: access, key: key, projection: projection ?? projections.standard(collection, for: caller))
        return store.read(read, into: buffer, on: loop).flatMapThrowing { answer in
            guard let answer else { throw RecordError.notFound }
            return answer
        }
    }

    /// The id of a record that the caller can read. Fails like `read`.
    package func identify(
        _ collection: Collection, _ key: RecordKey, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<String> {
        read(collection, key, projection: projections.identity(collection), for: caller, into: ByteBuffer(), on: loop)
            .flatMapThrowing { answer in
                guard let id = try JSONParser.parse(answer.buffer)["id"]?.string else { throw RecordError.notFound }
                return id
            }
    }

    /// A page of records as a JSON array appended to `buffer`. The list's access is set here, whatever it was.
    package func list(
        _ list: RecordList, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<ListAnswer> {
        var list = list
        do {
            list.access = try access(to: list.access.collection, for: caller, deleted: list.access.life == .deleted, listed: true)
        } catch {
            guard error == .notFound else { return loop.makeFailedFuture(error) }
            // Nothing of it is readable to him: an empty list, as for anybody who happens to see no row.
            var buffer = buffer
            buffer.writeStaticString("[]")
            return loop.makeSucceededFuture(ListAnswer(buffer: buffer, count: 0, total: list.counts ? 0 : nil))
        }
        return store.list(list, into: buffer, on: loop)
    }

    /// The rows that the caller may see; of those that he need not know of, where they are `listed`.
    package func access(
        to collection: Collection, for caller: Caller, deleted: Bool = false, listed: Bool = false
    ) throws(RecordError) -> Access {
        var access = Access(collection, life: deleted ? .deleted : .live, environment: caller.environment)
        if caller.isSystem {
            access.spansTenants = caller.environment.tenant == nil
            return access
        }
        try caller.demand("read", in: collection.name)
        if access.isOfTenant, caller.environment.tenant == nil {
            // First who asks, then about what (11-precisions 12).
            throw caller.isAnonymous && collection.behaviour.read?.rule.isNeverForAnonymous ?? true
                ? .unauthenticated : caller.withoutTenant(in: schema)
        }
        guard let rules = collection.behaviour.readRules(deleted: deleted, listed: listed) else {
            throw caller.isAnonymous ? .unauthenticated : .notFound
        }
        for rule in rules {
            switch rule.admission(for: caller.environment) {
            case .everything: continue
            case .matching(let condition): access.conditions.append(condition)
            case .nothing: throw caller.isAnonymous && rule.rule.isNeverForAnonymous ? .unauthenticated : .notFound
            }
        }
        return access
    }

    /// The key of an edge as this caller means it; `given` are the parts of the URL.
    package func key(of edge: Collection, given: [Value], for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<RecordKey> {
        do {
            let key = try edge.edgeKey(given: given, in: caller.environment, rows: nil)
            // What is stamped from other records can be told only where they are.
            guard !caller.isAnonymous, case .fields(_, let values) = key, values.contains(.null) else {
                return loop.makeSucceededFuture(key)
            }
            return write(for: caller, on: loop) { writer, _ in try writer.key(of: edge, given: given) }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    // MARK: Writing

    /// Runs `body` with a writer in one transaction and gives what it returns, observers having been told of the changes. The writer's caller is
    /// who he is then: `body` asks that one.
    package func write<Result: Sendable>(
        for caller: Caller, on loop: any EventLoop, _ body: @escaping @Sendable (RecordWriter, any Transaction) throws -> Result
    ) -> EventLoopFuture<Result> {
        let schema = schema
        let newID: @Sendable () -> String = { [clock, random] in clock.newID(random) }
        let (companion, observer, onDue) = (companion, observer, onDue)
        var caller = caller
        caller.environment.random = { [random] in RandomText.make($0, random) }
        let author = caller
        let (random, seal, admitsAddress) = (random, seal, admitsAddress)
        return store.transaction(on: loop) { transaction in
            let writer = RecordWriter(
                schema: schema, transaction: transaction, caller: try author.renewed(in: schema, transaction), random: random, newID: newID,
                seal: seal,
                admitsAddress: admitsAddress)
            do {
                let result = try body(writer, transaction)
                try writer.runParentChecks()
                try writer.settle()
                if !writer.changes.isEmpty { try companion(writer.changes, transaction) }
                return (result, writer.changes, writer.earliestDue)
            } catch StoreError.conflict(let fields) {
                throw RecordError.conflict([fields])
            } catch EvaluationError.overflow {
                throw RecordError.checkFailed(status: 400, message: "a number computed from these values is out of range")
            }
        }.map { (result: Result, changes: [RecordChange], due: Int64?) in
            if !changes.isEmpty { observer(changes) }
            if let due { onDue(due) }
            return result
        }
    }

    /// A write that no anonymous caller can ever make is refused before its body is read (11-precisions 12).
    package func admitsWriting(_ rule: Rule?, for caller: Caller) -> Bool {
        guard caller.isAnonymous else { return true }
        return !(rule?.isNeverForAnonymous ?? true)
    }
}
