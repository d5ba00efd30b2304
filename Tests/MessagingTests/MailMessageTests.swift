import Conformance
import Ports
import Records
import Testing

@testable import Messaging

/// Mails are well formed whatever they hold.
@Suite struct MailMessageTests {
    static let sender = Mailbox("Site <no-reply@example.org>")

    private func mail(subject: String = "Hello", text: String = "Text", html: String? = nil, to: String = "a@example.com") -> MailMessage {
        MailMessage(
            id: "0193-ab@example.org", from: Self.sender, to: to, subject: subject, text: text, html: html, at: 1_795_293_900_000)
    }

    private func lines(_ mail: MailMessage) -> [String] {
        String(decoding: mail.bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func aPlainMail() {
        #expect(
            lines(mail()) == [
                "From: \"Site\" <no-reply@example.org>", "To: <a@example.com>", "Subject: Hello", "Date: Sat, 21 Nov 2026 20:45:00 +0000",
                "Message-ID: <0193-ab@example.org>", "MIME-Version: 1.0", "Auto-Submitted: auto-generated",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 7bit", "", "Text", "",
            ])
    }

    @Test func aMailInTwoForms() {
        let found = lines(mail(subject: "سفارش", text: "سلام", html: "<p>x</p>"))
        #expect(found.contains("Subject: =?UTF-8?B?2LPZgdin2LHYtA==?="))
        #expect(found.contains("Content-Type: multipart/alternative; boundary=\"=_0193abexampleorg\""))
        let boundaries = found.filter { $0.hasPrefix("--=_") }
        #expect(boundaries == ["--=_0193abexampleorg", "--=_0193abexampleorg", "--=_0193abexampleorg--"])
        #expect(found.contains("2LPZhNin2YU=") && found.contains("<p>x</p>"))
    }

    @Test(arguments: [
        ("Site <a@b.org>", "Site", "a@b.org"), ("a@b.org", "", "a@b.org"), ("\"A, B\" <a@b.org>", "A, B", "a@b.org"),
        ("نویسنده <a@b.org>", "نویسنده", "a@b.org"), ("<a@b.org>", "", "a@b.org"),
    ])
    func aSender(text: String, name: String, address: String) {
        let mailbox = Mailbox(text)
        #expect(mailbox.name == name && mailbox.address == address && mailbox.domain == "b.org")
    }

    @Test func datesAreThoseOfTheMoment() {
        for (moment, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 +0000"),
        ] as [(Int64, String)] {
            #expect(MailMessage.date(moment) == text)
        }
    }

    /// No input adds a header, ends the mail or makes a line too long.
    @Test func nothingIsInjected() {
        let random = SeededRandom(2_047)
        let pieces = [
            "\r\n", "\n", "\r", "Bcc: x@y.z", ".", "\r\n.\r\n", "=?UTF-8?B?", "سلام", "🎉", " ", "\t", "\u{0}", "\u{85}", "\u{2028}", "<",
            ">", "\"", "\\", "--=_", "a",
        ]
        let names = [
            "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        ]
        for _ in 0..<3_000 {
            func text() -> String { random.bytes(Int(random.bytes(1)[0]) % 24).map { pieces[Int($0) % pieces.count] }.joined() }
            let long = String(repeating: text(), count: 1 + Int(random.bytes(1)[0]) % 40)
            let mail = MailMessage(
                id: "\(text())@example.org", from: Mailbox("\(text()) <a@b.org>"), to: text(), subject: text(), text: long,
                html: random.bytes(1)[0] & 1 == 0 ? long : nil, at: 0)
            let bytes = mail.bytes
            #expect(!zip(bytes, bytes.dropFirst()).contains { $0 == 13 && $1 != 10 || $0 != 13 && $1 == 10 })
            let lines = lines(mail)
            #expect(lines.allSatisfy { $0.utf8.count <= 998 })
            let header = lines.prefix { !$0.isEmpty }.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }.map(String.init)
            #expect(Set(header).isSubset(of: names) && Set(header).count == header.count, "\(header)")
            if mail.html != nil {
                let boundaries = lines.filter { $0.hasPrefix("--=_") }
                #expect(boundaries.count == 3, "\(boundaries)")
            }
        }
    }
}
