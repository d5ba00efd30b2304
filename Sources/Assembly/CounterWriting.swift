internal import Logging
internal import NIOCore
internal import Ports
internal import Records

/// Writes the counts of reads as often as the file says.
struct CounterWriting: Sendable {
    /// Of the site now served.
    let records: @Sendable () -> Records
    let loop: any EventLoop
    let log: Logger

    /// How often it looks whether a reload has brought the first counter, in milliseconds.
    private static let idle: Int64 = 60_000

    func run() async {
        while !Task.isCancelled {
            let records = records()
            do {
                try await records.clock.sleep(until: records.clock.now() + (records.countingInterval ?? Self.idle))
            } catch {
                return
            }
            await write(all: false)
        }
    }

    func write(all: Bool) async {
        do {
            try await records().writeCounts(all: all, on: loop)
        } catch {
            log.warning("counts of reads could not be written", metadata: ["error": "\(error)"])
        }
    }
}
