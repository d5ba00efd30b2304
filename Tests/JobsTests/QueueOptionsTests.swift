import Conformance
import Ports
import Testing

@testable import Jobs

@Suite struct QueueOptionsTests {
    @Test func theDelayDoublesUpToAnHour() {
        let options = QueueOptions(backoff: 1000)
        let random = SeededRandom()
        for (attempt, expected) in [(1, 1000), (2, 2000), (3, 4000), (11, 1_024_000), (13, 3_600_000), (Int.max, 3_600_000)]
            as [(Int, Int64)]
        {
            var delays: [Int64] = []
            for _ in 0..<200 { delays.append(options.delay(after: attempt, random: random)) }
            #expect(delays.allSatisfy { $0 >= expected * 8 / 10 - 1 && $0 <= expected * 12 / 10 + 1 })
            // Spread over the range, not all alike.
            #expect((delays.max() ?? 0) - (delays.min() ?? 0) > expected / 4)
        }
        #expect(options.delay(after: 0, random: random) <= 1200)
        #expect(options.delay(after: -5, random: random) <= 1200)
    }

    @Test func extremeSettingsDoNotTrap() {
        let options = QueueOptions(concurrency: -1, backoff: .max, timeout: -1, keepDone: -1, keepFailed: .min)
        #expect(options.concurrency == 1)
        #expect(options.delay(after: 3, random: SeededRandom()) <= 3_600_000 * 12 / 10)
        #expect(QueueOptions(backoff: 0).delay(after: 9, random: SeededRandom()) == 0)
    }

    @Test func errorsAreBoundedAtACharacter() {
        #expect("abc".bounded(to: 3) == "abc")
        #expect("abcd".bounded(to: 3) == "abc")
        #expect("aسلام".bounded(to: 4) == "aس")
        #expect("é".bounded(to: 1) == "")
    }
}
