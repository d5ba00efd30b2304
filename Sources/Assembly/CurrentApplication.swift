internal import Synchronization

/// The application that new requests and jobs get: a reload replaces it, and whoever has begun goes on with the one it took.
final class CurrentApplication: Sendable {
    private let application: Mutex<Application>

    init(_ application: Application) {
        self.application = Mutex(application)
    }

    var value: Application { application.withLock { $0 } }

    func replace(with next: Application) {
        application.withLock { $0 = next }
    }
}
