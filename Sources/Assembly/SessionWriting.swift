internal import Identity
internal import Logging
internal import NIOCore
internal import Ports

/// Writes down, at most once a minute and all together, which sessions were used: no request waits for it, and none writes.
struct SessionWriting: Sendable {
    /// Of the site now served.
    let sessions: @Sendable () -> Sessions
    let clock: any Clock
    let loop: any EventLoop
    let log: Logger

    func run() async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(until: clock.now() + SessionRegistry.noteInterval)
            } catch {
                return
            }
            await write()
        }
    }

    func write() async {
        do {
            try await sessions().noteUses(on: loop).get()
        } catch {
            log.warning("the use of sessions could not be written", metadata: ["error": "\(error)"])
        }
    }
}
