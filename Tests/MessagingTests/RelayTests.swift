import Harness
import JSON
import Outbound
import Records
import Schema
import Testing

@testable import Messaging

/// Mail goes to a real relay (aiosmtpd), which Python's parser reads back.
@Suite struct RelayTests {
    private func carrier(
        _ relay: LocalServer, _ client: OutboundClient, user: String? = nil, password: String? = nil, timeout: Int64 = 5_000
    ) -> RelayCarrier {
        RelayCarrier(
            client: client, host: "127.0.0.1", port: Int(relay.port), user: user, password: password,
            from: Mailbox("Große \"Site\" <no-reply@example.org>"), timeout: timeout)
    }

    private func parcel(_ to: String, subject: String = "سفارش شما 🎉 \(String(repeating: "x", count: 90))", html: String? = "<p>سلام</p>")
        -> Parcel
    {
        Parcel(
            id: "0193b1c2-7d5e-7a10-8000-00000000abcd", notice: "n", at: 1_795_293_900_000,
            route: Message.Route(channel: .mail, to: to, subject: subject, text: "سلام\n.\n..dots\nend", html: html))
    }

    private func failure(_ carrier: RelayCarrier, _ parcel: Parcel) async -> CarrierFailure.Certainty? {
        do {
            try await carrier.carry(parcel)
            return nil
        } catch let failure as CarrierFailure {
            return failure.certainty
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    @Test func aMailArrivesWhole() async throws {
        let relay = try await LocalServer.relay()
        let client = OutboundClient(threads: 1)
        try await carrier(relay, client).carry(parcel("a@example.com"))
        let mail = try await relay.event(holding: "\"mail\"")
        #expect(mail["sender"] == "no-reply@example.org" && mail["recipients"] == ["a@example.com"] && mail["greeting"] == "example.org")
        #expect(mail["subject"]?.string == "سفارش شما 🎉 \(String(repeating: "x", count: 90))")
        #expect(mail["sender_header"]?.string?.contains("Große") == true)
        #expect(mail["id"] == "<0193b1c2-7d5e-7a10-8000-00000000abcd@example.org>")
        #expect(mail["date"] == "Sat, 21 Nov 2026 20:45:00 +0000" && mail["type"] == "multipart/alternative")
        let parts = try #require(mail["parts"]?.array)
        #expect(parts.map { $0.array?.first } == ["text/plain", "text/html"])
        #expect(parts[0].array?[1].string?.trimmed == "سلام\n.\n..dots\nend" && parts[1].array?[1].string?.trimmed == "<p>سلام</p>")
        #expect(mail["defects"] == [])
        // A second try bears the same identity.
        try await carrier(relay, client).carry(parcel("b@example.com", html: nil))
        #expect(try await relay.event(holding: "b@example.com")["id"] == mail["id"])
        try await relay.stop()
        await client.shutdown()
    }

    @Test func aRefusalIsTold() async throws {
        let relay = try await LocalServer.relay()
        let client = OutboundClient(threads: 1)
        let carrier = carrier(relay, client, timeout: 1_000)
        for (to, certainty) in [
            ("nobody@example.com", CarrierFailure.Certainty.refusedForGood), ("later@example.com", .refused),
            ("full@example.com", .refusedForGood),
            ("silent@example.com", .unknown), ("a b@example.com", .refused), ("a@example.com>\r\nRCPT TO:<b@example.com", .refused),
        ] {
            #expect(await failure(carrier, parcel(to)) == certainty, "\(to)")
        }
        try await relay.stop()
        #expect(await failure(carrier, parcel("a@example.com")) == .refused)
        await client.shutdown()
    }

    @Test func aRelayThatNeverGreetsHasTakenNothing() async throws {
        let relay = try await LocalServer.relay(["--hang"])
        let client = OutboundClient(threads: 1)
        #expect(await failure(carrier(relay, client, timeout: 300), parcel("a@example.com")) == .refused)
        try await relay.stop()
        await client.shutdown()
    }

    @Test func thereIsTLSOrNoMail() async throws {
        let directory = try Directory()
        let certificate = try await LocalServer.certificate(in: directory)
        let trusting = OutboundClient(threads: 1, certificates: certificate)
        let strict = OutboundClient(threads: 1)
        func send(_ client: OutboundClient, _ relay: LocalServer, _ security: OutboundMail.Security, password: String = "right") async
            -> Bool
        {
            let mail = OutboundMail(
                host: "localhost", port: Int(relay.port), security: security, user: "atlas", password: password, from: "a@example.org",
                to: "b@example.org", message: Array("Subject: x\r\n\r\nx\r\n".utf8), greeting: "example.org")
            do {
                try await client.send(mail)
                return true
            } catch { return false }
        }
        let account = ["--user", "atlas", "--password", "right"]
        let startTLS = try await LocalServer.relay(["--tls", "starttls", "--certificate", certificate] + account)
        #expect(await send(trusting, startTLS, .startTLS))
        #expect(await !send(trusting, startTLS, .startTLS, password: "wrong"))
        #expect(await !send(strict, startTLS, .startTLS), "an unknown certificate")
        #expect(await send(strict, startTLS, .opportunistic), "on this machine any certificate will do")
        let tls = try await LocalServer.relay(["--tls", "smtps", "--certificate", certificate])
        #expect(await !send(strict, tls, .tls))
        let plain = try await LocalServer.relay()
        #expect(await !send(trusting, plain, .startTLS), "a relay without STARTTLS")
        let mails = startTLS.events.filter { $0["event"] == "mail" }
        #expect(mails.count == 2 && mails.allSatisfy { $0["tls"] == true && $0["user"] == "atlas" })
        #expect(!plain.events.contains { $0["event"] == "mail" })
        for relay in [startTLS, tls, plain] { try await relay.stop() }
        for client in [trusting, strict] { await client.shutdown() }
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = Substring(replacing("\r\n", with: "\n"))
        while let last = rest.last, last.isNewline { rest.removeLast() }
        return String(rest)
    }
}
