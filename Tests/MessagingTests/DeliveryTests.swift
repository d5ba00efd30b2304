import Conformance
import JSON
import Jobs
import Logging
import Ports
import Records
import Schema
import Synchronization
import Testing

@testable import Messaging

/// Who is asked next, after what.
@Suite struct DeliveryTests {
    private final class Scripted: Carrier {
        let name: String
        private let outcomes: Mutex<[CarrierFailure.Certainty?]>
        private let asked = Mutex(0)

        /// The id that every try must bear.
        private let job: String?

        init(_ name: String, _ outcomes: [CarrierFailure.Certainty?], job: String? = "job") {
            self.job = job
            self.name = name
            self.outcomes = Mutex(outcomes)
        }

        var count: Int { asked.withLock { $0 } }

        func carry(_ parcel: Parcel) async throws {
            asked.withLock { $0 += 1 }
            if let job { #expect(parcel.id == job) }
            if let certainty = outcomes.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw CarrierFailure(certainty, "scripted") }
        }
    }

    static let message = Message(
        notice: "n", at: 0,
        routes: [
            Message.Route(channel: .sms, to: "+989120000000", text: "t"),
            Message.Route(channel: .mail, to: "a@b.org", subject: "s", text: "t"),
        ])

    /// How often first, second and relay were asked, over as many tries as it takes.
    private func run(
        _ first: [CarrierFailure.Certainty?], _ second: [CarrierFailure.Certainty?] = [], _ relay: [CarrierFailure.Certainty?] = [],
        tries: Int = 3
    ) async -> (asked: [Int], end: String) {
        let (a, b, mail) = (Scripted("a", first), Scripted("b", second), Scripted("mail", relay))
        let carriers = Carriers(mail: [mail], sms: [a, b])
        var error: String?
        for _ in 0..<tries {
            do {
                let pinned = error.flatMap { UnknownOutcome.step(in: $0) }
                let conclusion = try await MessageDelivery.carry(Self.message, as: "job", by: carriers, pinned: pinned)
                let end = if case .done = conclusion { "done" } else { "dead" }
                return ([a.count, b.count, mail.count], end)
            } catch let thrown {
                error = "\(thrown)"
            }
        }
        return ([a.count, b.count, mail.count], "failed")
    }

    @Test func theNextIsAskedAfterADefiniteNoAlone() async {
        for (script, asked, end) in [
            (([nil], [], []), [1, 0, 0], "done"),
            (([.refused], [], []), [1, 1, 0], "done"),
            (([.refused], [.refused], []), [1, 1, 1], "done"),
            (([.refusedForGood], [.refusedForGood], [.refusedForGood]), [1, 1, 1], "dead"),
            (([.refused, nil], [.refused], [.refused]), [2, 1, 1], "done"),
            // Not known: the same one again, and nobody else.
            (([.unknown, nil], [], []), [2, 0, 0], "done"),
            (([.unknown, .unknown, .unknown], [], []), [3, 0, 0], "failed"),
            // It may have been taken the first time, whatever is said the second.
            (([.unknown, .refused, .refused], [], []), [3, 0, 0], "failed"),
            (([.refused], [.unknown, nil], []), [1, 2, 0], "done"),
            (([.refused], [.refused], [.unknown, nil]), [1, 1, 2], "done"),
        ] as [(([CarrierFailure.Certainty?], [CarrierFailure.Certainty?], [CarrierFailure.Certainty?]), [Int], String)] {
            let result = await run(script.0, script.1, script.2)
            #expect(result.asked == asked && result.end == end, "\(script)")
        }
    }

    /// The job as it ends, on a queue of its own; without delays between its tries.
    private func end(
        of payload: [UInt8], by carriers: Carriers, in harness: ReferenceHarness = ReferenceHarness(),
        tooLate: @escaping @Sendable (String, String) -> Void = { _, _ in }
    ) async throws -> JobStatus {
        let job = try await harness.transaction { jobs in
            try jobs.enqueue(NewJob(kind: "sms.send", queue: "sms", payload: payload, maxAttempts: 4))
        }
        let delivery = MessageDelivery(
            carriers: { carriers }, open: { $0.map { $0 ^ 0x5A } }, queue: harness.queue, clock: harness.clock, tooLate: tooLate)
        let workers = JobWorkers(
            queue: harness.queue, handlers: ["sms.send": delivery], queues: ["sms": QueueOptions(backoff: 0)], clock: harness.clock,
            random: SeededRandom(), worker: "w", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await workers.run() }
            defer { group.cancelAll() }
            while true {
                if let status = try await harness.queue.job(job), [.done, .dead].contains(status.state) { return status }
                await Task.yield()
            }
        }
    }

    private func payload(key: UInt8, _ message: Message = Self.message) -> [UInt8] {
        let sealed = Array(message.json.text.utf8).map { $0 ^ key }
        return Array("{\"sealed\":\"\(Base64.url(sealed))\"}".utf8)
    }

    /// The queue keeps from try to try who alone may be asked.
    @Test(.timeLimit(.minutes(1))) func aJobRemembersWhoMayHaveTakenIt() async throws {
        let (a, b, mail) = (
            Scripted("a", [.refused], job: nil), Scripted("b", [.unknown, .refused], job: nil), Scripted("mail", [], job: nil)
        )
        let status = try await end(of: payload(key: 0x5A), by: Carriers(mail: [mail], sms: [a, b]))
        #expect(status.state == .done && status.attempts == 3)
        #expect(status.result.map { String(decoding: $0, as: UTF8.self) } == "{\"by\":\"b\"}")
        #expect([a.count, b.count, mail.count] == [1, 3, 0])
    }

    @Test(.timeLimit(.minutes(1))) func whatWasSealedWithAnotherKeyIsDead() async throws {
        let carrier = Scripted("a", [], job: nil)
        for payload in [payload(key: 0x5B), Array("{}".utf8), Array("x".utf8), []] {
            let status = try await end(of: payload, by: Carriers(mail: [], sms: [carrier]))
            #expect(status.state == .dead && status.error?.contains("another key") == true)
        }
        #expect(carrier.count == 0)
    }

    /// A code whose time is over tells nobody anything; and what is made for nobody goes to nobody.
    @Test(.timeLimit(.minutes(1))) func whatIsTooLateOrForNobodyIsNotSent() async throws {
        let carrier = Scripted("a", [], job: nil)
        let carriers = Carriers(mail: [], sms: [carrier])
        let harness = ReferenceHarness()
        let told = Mutex<[String]>([])
        var message = Self.message
        message.expiresAt = harness.clock.now()
        let late = try await end(of: payload(key: 0x5A, message), by: carriers, in: harness) { notice, job in
            told.withLock { $0.append("\(notice) \(job.isEmpty)") }
        }
        #expect(late.state == .dead && late.attempts == 1 && late.error == "not sent: its time was over")
        #expect(told.withLock { $0 } == ["n false"])
        (message.expiresAt, message.isForNobody) = (nil, true)
        let decoy = try await end(of: payload(key: 0x5A, message), by: carriers)
        #expect(decoy.state == .done && carrier.count == 0)
        (message.expiresAt, message.isForNobody) = (harness.clock.now() + 1, false)
        #expect(try await end(of: payload(key: 0x5A, message), by: carriers, in: harness).state == .done)
        #expect(carrier.count == 1)
    }

    @Test func aStepIsReadFromItsErrorAlone() {
        for (error, step) in [
            ("\(UnknownOutcome(step: 4, description: "x"))", 4), ("outcome unknown, step : x", nil), ("outcome unknown, step 0: x", nil),
            ("kavenegar: outcome unknown, step 2", nil), ("", nil), ("outcome unknown, step 99999999999999999999", nil),
        ] {
            #expect(UnknownOutcome.step(in: error) == step, "\(error)")
        }
    }
}
