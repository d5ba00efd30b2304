/// When a schedule runs: the five fields of cron, in `app.timezone`. Bit `i` of a set stands for the value `i`.
package struct Cron: Sendable, Hashable {
    package var minutes: UInt64
    package var hours: UInt64
    package var days: UInt64
    package var months: UInt64
    /// 0 is Sunday.
    package var weekdays: UInt64
    /// Whether the field begins with `*`. Where neither of the two does, either day is enough (crontab(5)); otherwise both must fit.
    package var anyDay: Bool
    package var anyWeekday: Bool

    package init(minutes: UInt64, hours: UInt64, days: UInt64, months: UInt64, weekdays: UInt64, anyDay: Bool, anyWeekday: Bool) {
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays
        self.anyDay = anyDay
        self.anyWeekday = anyWeekday
    }
}
