internal import Records
internal import Synchronization

/// Where records tell of their changes: filled once everything that listens has been built.
final class ObserverSlot: Sendable {
    private let observer = Mutex<(@Sendable ([RecordChange]) -> Void)?>(nil)

    func set(_ observer: @escaping @Sendable ([RecordChange]) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    func call(_ changes: [RecordChange]) {
        observer.withLock { $0 }?(changes)
    }
}
