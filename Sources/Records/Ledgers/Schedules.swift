package import NIOCore
internal import Ports
package import Schema

/// Schedules, seen from whoever watches the clock.
///
/// Up to which moment each has been done is noted in the commit of its effects, so that each slot is done once, whatever becomes of the
/// process. Of slots that nobody watched one is made up for. A schedule that is new, or was changed, begins with the moment it is first seen.
extension Records {
    /// Runs what is due, each in a transaction of its own. What refuses is told to `refused`; its slot has passed. Gives when the next is due;
    /// nil: none ever. Throws when the store fails.
    package func runSchedules(on loop: any EventLoop, refused: @Sendable (Schedule, any Error) -> Void) async throws -> Int64? {
        var next: Int64?
        for schedule in schema.schedules where !Task.isCancelled {
            let due: Int64?
            do {
                due = try await write(for: .system(now: clock.now()), on: loop) { writer, transaction in
                    let due = try Self.due(schedule, at: writer.now, transaction)
                    guard let due, due <= writer.now else { return due }
                    try Self.note(schedule, at: writer.now, transaction)
                    try writer.run(schedule)
                    return schedule.next(after: writer.now)
                }.get()
            } catch let error as StoreError {
                throw error
            } catch {
                refused(schedule, error)
                let now = clock.now()
                try await store.transaction(on: loop) { try Self.note(schedule, at: now, $0) }.get()
                due = schedule.next(after: now)
            }
            if let due { next = min(next ?? due, due) }
        }
        return next
    }

    /// Does what the schedule of that name says, whenever it is due by itself; false: there is none.
    package func runSchedule(_ name: String, on loop: any EventLoop) async throws -> Bool {
        guard let schedule = schema.schedules.first(where: { $0.name == name }) else { return false }
        try await write(for: .system(now: clock.now()), on: loop) { writer, _ in try writer.run(schedule) }.get()
        return true
    }

    /// The first slot that has not been done.
    private static func due(_ schedule: Schedule, at now: Int64, _ transaction: any Transaction) throws -> Int64? {
        let noted = try transaction.ledgers.upkeep.note("schedule:\(schedule.name)") ?? ""
        if noted.hasPrefix(schedule.plan + " "), let last = Int64(noted.dropFirst(schedule.plan.count + 1)) {
            return schedule.next(after: last)
        }
        try note(schedule, at: now, transaction)
        return schedule.next(after: now)
    }

    /// All slots up to that moment have passed.
    private static func note(_ schedule: Schedule, at moment: Int64, _ transaction: any Transaction) throws {
        try transaction.ledgers.upkeep.setNote("schedule:\(schedule.name)", "\(schedule.plan) \(moment)")
    }
}
