import Glibc

/// The machine's time of day.
package struct SystemClock: Clock {
    /// Sleeps are cut into pieces of that many milliseconds, so that a clock that was set forward is noticed.
    private static let piece: Int64 = 60_000

    package init() {}

    package func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    package func sleep(until deadline: Int64) async throws {
        while true {
            let (left, isFar) = deadline.subtractingReportingOverflow(now())
            guard isFar || left > 0 else { return try Task.checkCancellation() }
            try await Task.sleep(for: .milliseconds(isFar ? SystemClock.piece : min(left, SystemClock.piece)))
        }
    }
}

/// The kernel's random bytes (getrandom).
package struct SystemRandom: Random {
    package init() {}

    package func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(0, count))
        while bytes.count < count {
            let word = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) where bytes.count < count {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }
}
