import Synchronization

/// Whether this server should be sent requests: what `/health/ready` says. Safe from any thread.
package final class Readiness: Sendable {
    private let obstacle: Mutex<String?>

    /// Not ready until told otherwise, unless `reason` is nil.
    package init(notReady reason: String? = "starting") {
        obstacle = Mutex(reason)
    }

    /// Why the server is not ready; nil when it is.
    package var reason: String? { obstacle.withLock { $0 } }

    package func becomeReady() {
        obstacle.withLock { $0 = nil }
    }

    /// `reason` is shown to whoever asks: one sentence without secrets.
    package func becomeUnready(_ reason: String) {
        obstacle.withLock { $0 = reason }
    }
}
