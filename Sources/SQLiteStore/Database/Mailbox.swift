import Glibc

/// A queue from many threads to some that sleep while it is empty. After `close` what is left in it is still handed out.
final class Mailbox<Element: Sendable>: @unchecked Sendable {
    // Everything below is read and written under `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var taken = 0
    private var isClosed = false

    enum Delivery {
        case elements([Element])
        case timeout
        case closed
    }

    init() {
        mutex.initialize(to: pthread_mutex_t())
        filled.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(filled, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(filled)
        pthread_mutex_destroy(mutex)
        filled.deallocate()
        mutex.deallocate()
    }

    /// False when the mailbox is closed or holds `limit` elements: the element was not taken.
    func put(_ element: Element, limit: Int = .max) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, elements.count - taken < limit else { return false }
        elements.append(element)
        pthread_cond_signal(filled)
        return true
    }

    /// Waits for something, then takes at most `limit` of it, oldest first. A timeout is in nanoseconds.
    func take(upTo limit: Int, timeout: UInt64? = nil) -> Delivery {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var deadline = timespec()
        if let timeout {
            let end = MonotonicClock.now &+ timeout
            deadline = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        }
        while elements.count == taken {
            if isClosed { return .closed }
            if timeout == nil {
                pthread_cond_wait(filled, mutex)
            } else if pthread_cond_timedwait(filled, mutex, &deadline) == ETIMEDOUT, elements.count == taken {
                return isClosed ? .closed : .timeout
            }
        }
        let end = min(elements.count, taken + limit)
        let delivery = Array(elements[taken..<end])
        taken = end
        if taken == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 4096)
            taken = 0
        } else if taken > 1024 {
            elements.removeFirst(taken)
            taken = 0
        }
        return .elements(delivery)
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(filled)
        pthread_mutex_unlock(mutex)
    }
}
