import Conformance
import Harness
import JSON
import NIOHTTP1
import Testing

/// Random work in two companies, and a list of what each of them should hear.
@Suite("O40.4 Each stream tells exactly what its caller could read")
struct EventOracle {
    private let random = SeededRandom(404)

    private func draw(_ bound: Int) -> Int { Int(random.bytes(1)[0]) % bound }

    /// A company, its people's streams, and what they should have been told.
    private struct Company {
        var workers: [Client]
        var streams: [EventSource]
        var wanted: [String] = []
        var live: [String] = []
        var deleted: [String] = []
    }

    @Test("One thing after the other, by several people, and then many at once")
    func oracle() async throws {
        try await ExampleSite.run(.orders) { site in
            let people = try await Companies(site)
            try await people.root.patch("/tenants/acme", ["plan": "pro"])
            try await people.root.patch("/tenants/beta", ["plan": "pro"])
            let vera = try await site.caller(.plain, "Vera").within("acme")
            try await site.join(vera, as: "viewer", invitedBy: people.uma)
            let stranger = try await site.caller(.plain, "Stranger").within("acme")
            let outside = [try await stranger.listen(), try await people.root.within("acme").listen()]
            var acme = Company(workers: [people.uma, people.mina], streams: [])
            for person in [people.uma, people.mina, vera] { acme.streams.append(try await person.listen()) }
            var beta = Company(workers: [people.ugo], streams: [])
            for _ in 0..<2 { beta.streams.append(try await people.ugo.listen("?collections=orders")) }

            for _ in 0..<60 {
                if draw(3) > 0 { try await act(in: &acme) } else { try await act(in: &beta) }
            }
            // Many at once: which comes first is not known, but all hear the same.
            let before = (acme.wanted.count, beta.wanted.count)
            let made = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
                for number in 0..<40 {
                    let isAcme = number % 2 == 0
                    let worker = isAcme ? acme.workers[number / 2 % 2] : beta.workers[0]
                    group.addTask { (try await worker.make("/orders", OrderScenarios.body), isAcme) }
                }
                var made: [(String, Bool)] = []
                for try await one in group { made.append(one) }
                return made
            }
            for (company, isAcme, count) in [(acme, true, before.0), (beta, false, before.1)] {
                let ids = Set(made.filter { $0.1 == isAcme }.map { "orders.created \($0.0)" })
                for stream in company.streams {
                    try await stream.wait("all of them") { $0.told.count >= count + ids.count }
                    let titles = stream.told.map(\.title)
                    #expect(Array(titles.prefix(count)) == company.wanted)
                    #expect(Set(titles.dropFirst(count)) == ids && titles.count == count + ids.count)
                    #expect(titles == company.streams[0].told.map(\.title), "in the same order")
                }
            }
            // From the beginning again, by one who was not there.
            let late = try await vera.listen("?last_event_id=0&collections=orders")
            let lastMade = Set(made.filter(\.1).map { "orders.created \($0.0)" })
            try await late.wait("the last") { lastMade.isSubset(of: Set($0.told.map(\.title))) }
            let told = late.told.map(\.title)
            #expect(Set(told).isSubset(of: Set(acme.streams[0].told.map(\.title))), "nothing that the others were not told")
            for stream in outside { #expect(stream.told.isEmpty && !stream.isOver) }
        }
    }

    /// One random act; returns when all streams of the company have heard of it.
    private func act(in company: inout Company) async throws {
        let worker = company.workers[draw(company.workers.count)]
        let owner = company.workers[0]
        let id = company.live.isEmpty ? nil : company.live[draw(company.live.count)]
        switch (draw(6), id) {
        case (0, let id?):
            try await owner.delete("/orders/\(id)")
            company.live.removeAll { $0 == id }
            company.deleted.append(id)
            company.wanted.append("orders.deleted \(id)")
        case (1, _) where !company.deleted.isEmpty:
            let id = company.deleted.removeLast()
            try await owner.fire("/orders/\(id)/restore")
            company.live.append(id)
            company.wanted.append("orders.restored \(id)")
        case (2, let id?), (3, let id?):
            let answer = try await worker.tries(.PATCH, "/orders/\(id)", ["notes": "\(random.bytes(4))"])
            if answer.status == 200 { company.wanted.append("orders.updated \(id)") }
        case (4, let id?):
            let step = ["process", "ship", "deliver"][draw(3)]
            // Most are refused: then nothing is told.
            let answer = try await worker.tries(.POST, "/orders/\(id)/\(step)")
            if answer.status == 200 { company.wanted.append("orders.\(step) \(id)") }
        default:
            let id = try await worker.make("/orders", OrderScenarios.body)
            company.live.append(id)
            company.wanted.append("orders.created \(id)")
        }
        let wanted = company.wanted
        for stream in company.streams {
            try await stream.wait("\(wanted.last ?? "")") { $0.told.count >= wanted.count }
            #expect(stream.told.map(\.title) == wanted)
        }
    }
}
