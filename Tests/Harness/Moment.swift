import Glibc
import NIOCore
import NIOPosix

/// Wall-clock times as the API writes them: RFC 3339 in UTC, with milliseconds.
package enum Moment {
    /// Milliseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    package static func text(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int32, _ count: Int) -> String { String(String(number + 10_000).suffix(count)) }
        let date = "\(digits(parts.tm_year + 1_900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        let time = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        return "\(date)T\(time).\(digits(Int32(milliseconds % 1_000), 3))Z"
    }

    /// Returns when the clock has passed that time. For what must happen while no server runs that could be asked.
    package static func passed(_ milliseconds: Int64) async throws {
        let left = milliseconds - now
        guard left > 0 else { return }
        try await MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(left)) {}.futureResult.get()
    }
}
