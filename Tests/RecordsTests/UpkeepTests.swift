import Conformance
import Ports
import Testing

@testable import Records

@Suite struct UpkeepTests {
    @Test func `deliveries are forgotten after 30 days, unless they wait`() async throws {
        let day: Int64 = 86_400_000
        try await Bench.run(
            (
                "[collections.notes.fields]\ntext = \"string\"",
                { bench in
                    let now = bench.clock.now()
                    try await bench.write { _, transaction in
                        let all: [(String, Int64, Delivery.Status)] = [
                            ("old", 31, .delivered), ("waits", 31, .pending), ("failed", 31, .failed), ("young", 29, .delivered),
                        ]
                        for (id, age, status) in all {
                            var delivery = Delivery(id: id, webhook: "w", event: "e", body: "{}", createdAt: now - age * day)
                            delivery.status = status
                            try transaction.ledgers.deliveries.append(delivery)
                        }
                    }
                    try await bench.records.pruneDeliveries(on: bench.loop)
                    let left = try await bench.write { _, transaction in
                        try transaction.ledgers.deliveries.page(limit: 10, offset: 0).deliveries.map(\.id)
                    }
                    #expect(Set(left) == ["waits", "young"])
                }
            ))
    }
}
