package import Config
package import Expressions

/// `[schedules]`, compiled: effects by the clock, without a record (11-precisions 33).
package struct Schedule: Sendable {
    package var name: String
    package var cron: Cron
    package var zone: Zone
    /// In the order of the file, in one transaction.
    package var effects: [Effect]

    /// The first moment after that one at which it runs, in milliseconds since 1970; nil: never.
    package func next(after moment: Int64) -> Int64? { cron.next(after: moment, in: zone) }

    /// What decides when it runs.
    package var plan: String {
        let sets = [cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays].map { String($0, radix: 16) }
        return "\(sets.joined(separator: ",")),\(cron.anyDay),\(cron.anyWeekday) \(zone.name)"
    }
}

extension SchemaCompiler {
    /// In the order of the file.
    mutating func schedules(for collections: [Collection]) -> [Schedule] {
        var schedules: [Schedule] = []
        for declared in configuration.schedules {
            let effects = declared.effects.filter { !$0.waitsForItsJob }.compactMap {
                effect($0, after: "schedules.\(declared.name)", of: nil, collections: collections)
            }
            let zone = Zone.named(configuration.app.timezone) ?? .utc
            schedules.append(Schedule(name: declared.name, cron: declared.cron.value, zone: zone, effects: effects))
        }
        return schedules
    }
}
