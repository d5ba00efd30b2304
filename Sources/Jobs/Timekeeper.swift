package import Logging
package import Ports
internal import Synchronization

/// Does what is due at its moment: one alarm for the earliest, nothing polled.
package final class Timekeeper: Sendable {
    /// How long to wait before asking a store again that has failed, in milliseconds.
    private static let pause: Int64 = 1_000

    private let clock: any Clock
    private let logger: Logger
    private let alarm: Alarm
    private let signal = Signal()
    private let isStopped = Mutex(false)

    package init(clock: any Clock, logger: Logger) {
        self.clock = clock
        self.logger = logger
        self.alarm = Alarm(clock: clock)
    }

    /// Something is due at that moment.
    package func wake(at moment: Int64) {
        alarm.set(moment)
    }

    /// Nothing more is begun; `run` returns when what is being done has ended.
    package func stop() {
        isStopped.withLock { $0 = true }
        signal.raise()
    }

    /// Works at once and then whenever something is due, until it is stopped or its task is cancelled. Called once.
    /// - Parameter work: does all that is due and gives when the next is; nil: nothing is. It is tried again a second after it has thrown.
    package func run(_ work: @escaping @Sendable () async throws -> Int64?) async {
        signal.raise()
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.alarm.run { self.signal.raise() } }
                while true {
                    await signal.wait()
                    if Task.isCancelled || isStopped.withLock({ $0 }) { break }
                    do {
                        if let next = try await work() { alarm.set(next) }
                    } catch {
                        logger.error("what is due cannot be done", metadata: ["error": "\(error)"])
                        alarm.set(clock.now() + Self.pause)
                    }
                }
                group.cancelAll()
            }
        } onCancel: {
            signal.raise()
        }
    }
}
