import Config
import Expressions
import Glibc
import JSON
import Ports
import SQLiteStore
import Schema
import Testing

@testable import Records

/// Messages are rendered in the transaction of their cause, in the language of their reader, and wait as one sealed job.
@Suite struct NotifyingTests {
    static let site = """
        [app]
        name = "Shop"
        timezone = "Asia/Tehran"
        [collections.people]
        fields.name = "string"
        fields.email = "email"
        fields.phone = "phone"
        fields.locale = "string"
        [queues.mail]
        attempts = 9
        [auth.otp]
        notify = "code"
        [notify.code]
        channel = ["sms", "mail"]
        subject = { en = "Code {{ code }}", fa = "کد {{ code }}" }
        text = { en = "Your code: {{ code }} ({{ app.name }})", fa = "کد شما: {{ code }}" }
        template = { kavenegar = "verify" }
        """

    struct Sent: Sendable {
        var id: String?
        var jobs: [ClaimedJob]
        var messages: [Message]
    }

    /// What one transaction enqueued, opened again.
    private func sent(
        _ site: String = site, _ body: @escaping @Sendable (RecordWriter) throws -> String?
    ) async throws -> Sent {
        let box = Box()
        try await RecordBench.run(site, seal: { $0.map { $0 ^ 0x5A } }) { bench in
            let id = try await bench.write { writer, _ in try body(writer) }
            var jobs: [ClaimedJob] = []
            for queue in ["mail", "sms"] { jobs += try await bench.store.jobs.claim(from: queue, limit: 10, worker: "test") }
            let messages = try jobs.map { job in
                let sealed = try #require(try JSONParser.parse(job.payload)["sealed"]?.string.flatMap { Base64.decodeURL($0) })
                return try #require(Message(try JSONParser.parse(sealed.map { $0 ^ 0x5A })))
            }
            box.value = Sent(id: id, jobs: jobs, messages: messages)
        }
        return try #require(box.value)
    }

    private final class Box: @unchecked Sendable { var value: Sent? }

    @Test func aCodeGoesByTheFirstChannelThatHasAnAddress() async throws {
        let sent = try await sent { writer in
            try writer.notify(writer.schema.notices.otp, to: .address("0912 345 6789"), given: NoticeFacts(code: "123456"))
        }
        // No region in the locale "en": a national number is none.
        #expect(sent.id == nil && sent.jobs.isEmpty)
        let international = try await self.sent { writer in
            try writer.notify(writer.schema.notices.otp, to: .address("+98 912 345 6789"), given: NoticeFacts(code: "123456"))
        }
        #expect(international.jobs.map(\.kind) == ["sms.send"])
        #expect(international.jobs.map(\.queue) == ["sms"])
        #expect(!String(decoding: international.jobs[0].payload, as: UTF8.self).contains("123456"))
        let message = try #require(international.messages.first)
        #expect(
            message.routes == [
                Message.Route(
                    channel: .sms, to: "+989123456789", text: "Your code: 123456 (Shop)", patterns: ["kavenegar": "verify"],
                    values: [Message.Filling(name: "code", value: "123456"), Message.Filling(name: "name", value: "Shop")])
            ])
    }

    @Test func aRecordIsWrittenToInItsLanguageByEveryAddressItHas() async throws {
        let sent = try await sent { writer in
            let id = try writer.make(
                "people",
                ["email": .text("a@example.org"), "phone": .text("+989123456789"), "locale": .text("fa-IR"), "name": .text("سارا")])
            let row = try #require(try writer.transaction.row(in: "people", id: id))
            return try writer.notify(writer.schema.notices.otp, to: .row(row), given: NoticeFacts(code: "42"))
        }
        let routes = try #require(sent.messages.first).routes
        #expect(routes.map(\.channel) == [.sms, .mail])
        #expect(routes.map(\.text) == ["کد شما: 42", "کد شما: 42"])
        #expect(routes.map(\.subject) == ["", "کد 42"])
        #expect(sent.id != nil)
    }

    @Test func whatTheFileDoesNotNameComesWithAtlas() async throws {
        let notices = try await sent { writer in
            let notices = writer.schema.notices
            for notice in [notices.reset, notices.verifyEmail, notices.invitation, notices.accountChanged, notices.keyEnded] {
                try writer.notify(
                    notice, to: .address("a@example.org"), given: NoticeFacts(token: "T0KEN", names: ["key.name": .text("Reports")]))
            }
            return nil
        }
        #expect(notices.jobs.allSatisfy { $0.kind == "mail.send" && $0.maxAttempts == 9 })
        #expect(Set(notices.messages.map(\.notice)) == ["reset", "verify_email", "invitation", "account_changed", "key_ended"])
        for message in notices.messages {
            let mail = try #require(message.routes.first)
            #expect(!mail.subject.isEmpty && !mail.text.isEmpty)
            #expect(mail.text.contains("T0KEN") == !["account_changed", "key_ended"].contains(message.notice))
            #expect(mail.text.contains("Reports") == (message.notice == "key_ended"))
        }
    }

    @Test func whatIsRolledBackIsNotSent() async throws {
        struct Refused: Error {}
        try await RecordBench.run(Self.site, seal: { $0 }) { bench in
            await #expect(throws: Refused.self) {
                try await bench.write { writer, _ in
                    try writer.notify(writer.schema.notices.reset, to: .address("a@example.org"))
                    throw Refused()
                }
            }
            let claimed = try await bench.store.jobs.claim(from: "mail", limit: 1, worker: "test")
            #expect(claimed.isEmpty)
        }
    }

    @Test func nothingIsSentUnsealed() async throws {
        try await RecordBench.run(Self.site) { bench in
            await #expect(throws: MessagesUnsealed.self) {
                try await bench.write { writer, _ in try writer.notify(writer.schema.notices.reset, to: .address("a@example.org")) }
            }
        }
    }
}

@Suite struct LocaleFormatTests {
    /// 2026-11-21T20:45:00Z, which is the 22nd in Tehran.
    static let moment: Int64 = 1_795_293_900_000

    @Test(arguments: [
        ("en", "22 Nov 2026", "00:15", "1,234,567.50\u{A0}USD"), ("en-US", "Nov 22, 2026", "00:15", "1,234,567.50\u{A0}USD"),
        ("fa-IR", "۱۴۰۵/۰۹/۰۱", "۰۰:۱۵", "۱٬۲۳۴٬۵۶۷٫۵۰\u{A0}USD"), ("de", "22.11.2026", "00:15", "1.234.567,50\u{A0}USD"),
        ("xx", "2026-11-22", "00:15", "1,234,567.50\u{A0}USD"), ("", "2026-11-22", "00:15", "1,234,567.50\u{A0}USD"),
    ])
    func aMomentAndAnAmount(locale: String, date: String, time: String, money: String) {
        let format = LocaleFormat(locale: locale, timezone: "Asia/Tehran")
        #expect(format.text(.date(.moment(Self.moment))) == date)
        #expect(format.text(.time(.moment(Self.moment))) == time)
        #expect(format.text(.money(.decimal(Decimal(units: 123_456_750, scale: 2)), currency: "USD")) == money)
    }

    @Test(arguments: [
        ("1970-01-01", 1348, 10, 11), ("2024-03-19", 1402, 12, 29), ("2024-03-20", 1403, 1, 1), ("2025-03-20", 1403, 12, 30),
        ("2025-03-21", 1404, 1, 1), ("2021-03-20", 1399, 12, 30), ("2026-11-22", 1405, 9, 1), ("1979-02-11", 1357, 11, 22),
        ("2030-03-20", 1408, 12, 30), ("2000-01-01", 1378, 10, 11),
    ])
    func persianDates(iso: String, year: Int, month: Int, day: Int) throws {
        let date = PersianDate(day: try #require(CalendarDate.parse(iso)))
        #expect([date.year, date.month, date.day] == [year, month, day])
    }

    @Test func amountsOfEverySize() {
        let format = LocaleFormat(locale: "en", timezone: "UTC")
        for (value, text) in [
            (Value.int(0), "0"), (.int(-1_000), "-1,000"), (.int(999), "999"), (.int(.min), "-9,223,372,036,854,775,808"),
            (.decimal(Decimal(units: 5, scale: 3)), "0.005"), (.float(1e300), "1e+300"), (.null, ""),
        ] {
            #expect(format.text(.money(value, currency: "X")) == "\(text)\u{A0}X")
        }
    }
}
