import Ports
import Synchronization

/// One timer that can be set ahead: rings at the earliest deadline it was given since it last rang.
final class Alarm: Sendable {
    private let deadline = Mutex<Int64?>(nil)
    private let changed = Signal()
    private let clock: any Clock

    init(clock: any Clock) {
        self.clock = clock
    }

    /// Rings at that moment or earlier. A ring that comes too early is harmless: whoever hears it looks and sets the alarm again.
    func set(_ moment: Int64) {
        let isEarlier = deadline.withLock { deadline in
            if let set = deadline, set <= moment { return false }
            deadline = moment
            return true
        }
        if isEarlier { changed.raise() }
    }

    /// Until its task is cancelled.
    func run(ring: @escaping @Sendable () -> Void) async {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                guard let moment = deadline.withLock({ $0 }) else {
                    await changed.wait()
                    continue
                }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do {
                            try await self.clock.sleep(until: moment)
                        } catch {
                            return
                        }
                        self.deadline.withLock { if $0 == moment { $0 = nil } }
                        ring()
                        self.changed.raise()
                    }
                    await changed.wait()
                    group.cancelAll()
                }
            }
        } onCancel: {
            changed.raise()
        }
    }
}
