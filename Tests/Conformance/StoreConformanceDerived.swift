import Expressions
import Ports
import Schema
import Testing

/// What is drawn and what is walked over.
extension StoreConformance {
    private struct Refusal: Error {}

    static let derived: [Case] = [
        Case(name: "Sequences count from 1 without gaps, each by itself; what is rolled back has drawn nothing") { test async throws in
            func next(_ field: String, _ tenant: String, fails: Bool = false) async throws -> Int64 {
                try await test.transaction { transaction in
                    let number = try transaction.sequences.next(of: field, in: "users", tenant: tenant)
                    if fails { throw Refusal() }
                    return number
                }
            }
            #expect(try await next("number", "") == 1)
            await #expect(throws: Refusal.self) { try await next("number", "", fails: true) }
            #expect(try await next("number", "") == 2)
            #expect(try await next("number", "a tenant") == 1)
            #expect(try await next("other", "") == 1)
            let numbers = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        do { return try await next("number", "", fails: number % 3 == 0) } catch is Refusal { return nil }
                    }
                }
                return try await group.reduce(into: [Int64]()) { if let number = $1 { $0.append(number) } }
            }
            #expect(numbers.sorted() == Array(3...42).map(Int64.init))
        },
        Case(name: "A walk meets every row once, hidden ones too") { test async throws in
            let posts = test.fixture.posts
            for number in 0..<7 { try await test.insert(posts, number, number == 3 ? ["deleted_at": .moment(1)] : [:]) }
            var met: [String] = []
            var place: Int64 = 0
            while true {
                let from = place
                let (ids, last) = try await test.transaction { try $0.walk.ids(in: posts, after: from, limit: 3) }
                #expect(ids.count <= 3)
                if last == place { break }
                place = last
                met += ids
            }
            #expect(met == (0..<7).map(test.id))
        },
    ]
}
