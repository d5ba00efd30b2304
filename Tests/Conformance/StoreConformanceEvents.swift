import NIOCore
import Ports
import Synchronization
import Testing

extension StoreConformance {
    private func event(_ number: Int, at moment: Int64 = 0) -> NewEvent {
        NewEvent(
            record: JobRecord(collection: "posts", id: "\(number)"), name: "created", tenant: number % 2 == 0 ? nil : "t",
            audience: number % 3 == 0 ? nil : "u", at: moment, rest: number % 5 == 0 ? nil : "{}")
    }

    private func append(_ numbers: ClosedRange<Int>, at moment: Int64 = 0) async throws {
        try await transaction { transaction in
            for number in numbers { try transaction.ledgers.events.append(event(number, at: moment)) }
        }
    }

    static let events: [Case] = [
        Case(name: "Events: in the order of their commits, each with a number of its own, in transactions and snapshots alike") {
            test async throws in
            let store = test.store
            let empty = try await store.snapshot(on: test.loop) { (try $0.events.reach(), try $0.events.events(after: 0, limit: 9)) }.get()
            #expect(empty.0 == EventReach(start: 0, last: 0) && empty.1.isEmpty)
            #expect(empty.0.covers(0) && !empty.0.covers(1) && !empty.0.covers(-1))
            try await test.append(1...3)
            try await test.append(4...6)
            // What is rolled back has not happened.
            struct Undone: Error {}
            await #expect(throws: Undone.self) {
                try await test.transaction { transaction in
                    try transaction.ledgers.events.append(test.event(7))
                    throw Undone()
                }
            }
            let all = try await store.snapshot(on: test.loop) { try $0.events.events(after: 0, limit: 99) }.get()
            #expect(all.map(\.event) == (1...6).map { test.event($0) })
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.number < $1.number })
            let some = try await test.transaction { try $0.ledgers.events.events(after: all[1].number, limit: 2) }
            #expect(some == Array(all[2...3]))
            let reach = try await test.transaction { try $0.ledgers.events.reach() }
            #expect(reach == EventReach(start: all[0].number - 1, last: all[5].number))
        },
        Case(name: "Events: the oldest go, numbers are never used again") { test async throws in
            try await test.append(1...5, at: 10)
            try await test.append(6...8, at: 20)
            let last = try await test.transaction { try $0.ledgers.events.reach().last }
            #expect(try await test.transaction { try $0.ledgers.events.prune(before: 20, limit: 3) } == 3)
            var reach = try await test.transaction { try $0.ledgers.events.reach() }
            #expect(reach.last == last && reach.covers(reach.start) && !reach.covers(reach.start - 1))
            #expect(try await test.transaction { try $0.ledgers.events.events(after: 0, limit: 9).first?.event } == test.event(4, at: 10))
            #expect(try await test.transaction { try $0.ledgers.events.prune(before: 20, limit: 99) } == 2)
            #expect(try await test.transaction { try $0.ledgers.events.prune(before: 20, limit: 99) } == 0)
            #expect(try await test.transaction { try $0.ledgers.events.prune(before: 21, limit: 99) } == 3)
            reach = try await test.transaction { try $0.ledgers.events.reach() }
            #expect(reach == EventReach(start: last, last: last), "nothing is there, and nothing is missing")
            try await test.append(9...9)
            let next = try await test.transaction { try $0.ledgers.events.events(after: last, limit: 9) }
            #expect(next.map(\.event) == [test.event(9)] && next[0].number > last)
        },
        Case(name: "Events: there are never many more than are kept") { test async throws in
            let (most, batch) = (Int(EventRetention.most), 5_000)
            for start in stride(from: 1, through: most + 2 * batch, by: batch) { try await test.append(start...(start + batch - 1)) }
            let reach = try await test.transaction { try $0.ledgers.events.reach() }
            #expect(reach.last - reach.start >= EventRetention.most && reach.last - reach.start < EventRetention.most + 2_000)
        },
        Case(name: "Events: whoever waits is told after each commit that logged some, and of no other") { test async throws in
            let told = Atomic<Int>(0)
            test.store.onEvents { told.wrappingAdd(1, ordering: .relaxed) }
            try await test.append(1...3)
            // The next commit comes after whatever was told of the last.
            try await test.insert(test.fixture.posts, 1)
            #expect(told.load(ordering: .relaxed) == 1)
            try await test.append(4...4)
            try await test.insert(test.fixture.posts, 2)
            #expect(told.load(ordering: .relaxed) == 2)
        },
    ]
}
