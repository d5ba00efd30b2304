import Ports
import Synchronization

/// Writes down what a handler says of its progress: at most once in `interval`, always the last, and nothing twice.
final class ProgressPace: Sendable {
    /// Milliseconds from one to the next; who follows a job sees no more.
    static let interval: Int64 = 250

    private struct Progress: Equatable {
        var percent: Int
        var note: String?
    }

    private struct State {
        var written: Progress?
        /// Said since then, before its time.
        var held: Progress?
        var isWriting = false
        /// When the next may be written, in milliseconds since 1970.
        var next = Int64.min
    }

    private let claim: JobClaim
    private let queue: any JobQueue
    private let clock: any Clock
    private let state = Mutex(State())
    /// Something is held.
    private let changed = Signal()

    init(_ claim: JobClaim, queue: any JobQueue, clock: any Clock) {
        self.claim = claim
        self.queue = queue
        self.clock = clock
    }

    /// False when the job turns out not to be this attempt's any more; of what is held that is found later.
    func say(_ percent: Int, note: String?) async throws -> Bool {
        state.withLock { state in
            let progress = Progress(percent: percent, note: note)
            state.held = progress == state.written ? nil : progress
        }
        guard let due, due <= clock.now() else {
            changed.raise()
            return true
        }
        return try await flush()
    }

    /// Writes what is held; false when the job is not this attempt's any more. One after the other: what is older must not come later.
    func flush() async throws -> Bool {
        let held = state.withLock { state in
            guard let held = state.held, !state.isWriting else { return Progress?.none }
            (state.written, state.held, state.isWriting, state.next) = (held, nil, true, clock.now() + Self.interval)
            return held
        }
        guard let held else { return true }
        defer {
            state.withLock { $0.isWriting = false }
            changed.raise()
        }
        return try await queue.report(claim, progress: held.percent, note: held.note)
    }

    /// When what is held may be written, in milliseconds since 1970; nil where nothing waits for that.
    private var due: Int64? { state.withLock { $0.held == nil || $0.isWriting ? nil : $0.next } }

    /// Writes what is held when its time has come, until its task is cancelled; `lost` is called when the job is not this attempt's any more.
    func run(lost: @Sendable () -> Void) async {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                guard let due else {
                    await changed.wait()
                    continue
                }
                do {
                    try await clock.sleep(until: due)
                    if try await !flush() { lost() }
                } catch {
                    // A queue that fails now fails at the end of the attempt too, where it is spoken of.
                    continue
                }
            }
        } onCancel: {
            changed.raise()
        }
    }
}
