package import Ports

/// How the jobs of one queue are run. Times are in milliseconds. The number of attempts is a matter of each job (`NewJob.maxAttempts`).
package struct QueueOptions: Sendable, Equatable {
    /// The longest delay between two attempts.
    package static let longestDelay: Int64 = 3_600_000

    /// Jobs at the same time, from 1.
    package var concurrency: Int
    /// The delay after the first attempt; it doubles with each further one.
    package var backoff: Int64
    /// How long one attempt may take.
    package var timeout: Int64
    /// How long done jobs are remembered.
    package var keepDone: Int64
    /// How long dead and cancelled jobs are remembered.
    package var keepFailed: Int64

    package init(
        concurrency: Int = 4, backoff: Int64 = 1_000, timeout: Int64 = 300_000, keepDone: Int64 = 3_600_000,
        keepFailed: Int64 = 7 * 86_400_000
    ) {
        self.concurrency = max(1, concurrency)
        self.backoff = max(0, backoff)
        self.timeout = max(1, timeout)
        self.keepDone = max(0, keepDone)
        self.keepFailed = max(0, keepFailed)
    }

    /// The delay after that attempt (from 1), spread by ±20 % so that jobs that failed together do not come back together.
    package func delay(after attempt: Int, random: some Random) -> Int64 {
        var delay = min(backoff, Self.longestDelay)
        for _ in 1..<max(2, min(attempt, 64)) where attempt > 1 && delay < Self.longestDelay { delay *= 2 }
        delay = min(delay, Self.longestDelay)
        let draw = random.bytes(2).reduce(0 as Int64) { $0 << 8 | Int64($1) }  // 0...65535
        return delay + delay / 5 * (draw - 32_768) / 32_768
    }
}
