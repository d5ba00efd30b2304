internal import Ports

/// The end of the log in memory, for all streams that keep up. Whoever lags further behind reads the log itself.
struct EventTail {
    /// Nothing after that number is missing here.
    private(set) var start: Int64
    private(set) var events: [LoggedEvent] = []
    private let most: Int

    init(after start: Int64, most: Int) {
        self.start = start
        self.most = most
    }

    var last: Int64 { events.last?.number ?? start }

    mutating func append(_ news: [LoggedEvent]) {
        events += news
        // Half at once, so that it costs little on average.
        guard events.count > 2 * most else { return }
        let surplus = events.count - most
        start = events[surplus - 1].number
        events.removeFirst(surplus)
    }

    /// At most `limit` of those after that number; nil where some of them may be missing.
    func events(after number: Int64, limit: Int) -> ArraySlice<LoggedEvent>? {
        guard number >= start else { return nil }
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        // A copy of its own: a slice would keep the whole.
        return ArraySlice(Array(events[low...].prefix(limit)))
    }
}
