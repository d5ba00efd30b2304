package import Ports

/// One attempt of a job, as its handler sees it.
package struct RunningJob: Sendable {
    /// The longest error that is kept, in bytes of UTF-8.
    static let longestError = 2_000

    package let job: ClaimedJob
    private let attempt: Attempt
    private let pace: ProgressPace

    init(_ job: ClaimedJob, attempt: Attempt, pace: ProgressPace) {
        self.job = job
        self.attempt = attempt
        self.pace = pace
    }

    package var claim: JobClaim { job.claim }
    package var payload: [UInt8] { job.payload }
    package var record: JobRecord? { job.record }
    /// No further attempt follows if this one fails.
    package var isLastAttempt: Bool { job.attempt >= job.maxAttempts }

    /// Records progress (0–100) and a note, of many in a short time the last. Throws `CancellationError` when the job is found to be no longer
    /// this attempt's to end.
    package func report(progress: Int, note: String? = nil) async throws {
        try Task.checkCancellation()
        guard try await pace.say(min(max(progress, 0), 100), note: note) else {
            attempt.stop(.lost)
            throw CancellationError()
        }
    }

    /// The outcome of a failure of this attempt, for a handler that ends the job in a transaction of its own: with the delay of the queue,
    /// or dead when no attempt is left.
    package func failure(_ error: String) -> JobOutcome {
        attempt.failure(of: job, error)
    }
}

extension String {
    /// The longest beginning of at most so many bytes of UTF-8 that ends with a whole character.
    func bounded(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = startIndex
        var room = bytes
        for index in indices {
            room -= self[index].utf8.count
            guard room >= 0 else { break }
            end = self.index(after: index)
        }
        return String(self[..<end])
    }
}
