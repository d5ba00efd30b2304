import Config
import Harness
import JSON
import Outbound
import Records
import Schema
import Testing

@testable import Messaging

/// SMS go to services that answer as theirs do.
@Suite struct ServiceTests {
    private func parcel(_ to: String, patterns: [String: String] = [:], values: [(String, String)] = [("code", "123456")]) -> Parcel {
        Parcel(
            id: "0193b1c2-7d5e-7a10-8000-00000000abcd", notice: "n", at: 0,
            route: Message.Route(
                channel: .sms, to: to, text: "کد شما: 123456 & more", patterns: patterns,
                values: values.map { Message.Filling(name: $0.0, value: $0.1) }))
    }

    private func carriers(_ server: LocalServer, _ client: OutboundClient, key: String = "k/1") -> [any Carrier] {
        let service = SMSService(client: client, timeout: 700)
        let base = "http://127.0.0.1:\(server.port)"
        return [
            KavenegarCarrier(service: service, key: key, line: "10004346", base: base),
            SMSIRCarrier(service: service, key: key, line: "30007732", base: base),
            HTTPCarrier(service: service, key: key, line: nil, url: base + "/send"),
        ]
    }

    private func certainty(_ carrier: any Carrier, _ parcel: Parcel) async throws -> CarrierFailure.Certainty? {
        do {
            try await carrier.carry(parcel)
            return nil
        } catch let failure as CarrierFailure {
            #expect(!failure.description.contains("123456") && !failure.description.contains("k/1"))
            return failure.certainty
        }
    }

    private func with(_ body: (LocalServer, OutboundClient) async throws -> Void) async throws {
        let server = try await LocalServer.services()
        let client = OutboundClient(threads: 4)
        do {
            try await body(server, client)
        } catch {
            await client.shutdown()
            throw error
        }
        try await server.stop()
        await client.shutdown()
    }

    @Test func textsAreSentAsDocumented() async throws {
        try await with { server, client in
            for carrier in carriers(server, client) { try await carrier.carry(parcel("+989120000200")) }
            _ = try await server.event(holding: "\"/send\"")
            let events = server.events
            try #require(events.count == 3)
            #expect(events.map { $0["path"]?.string } == ["/v1/k%2F1/sms/send.json", "/v1/send/bulk", "/send"])
            #expect(
                events[0]["body"]
                    == [
                        "receptor": "09120000200", "message": "کد شما: 123456 & more",
                        "localid": .string("\(KavenegarCarrier.number("0193b1c2-7d5e-7a10-8000-00000000abcd"))"), "sender": "10004346",
                    ])
            #expect(
                events[1]["body"]
                    == [
                        "lineNumber": 30_007_732, "messageText": "کد شما: 123456 & more", "mobiles": ["09120000200"], "sendDateTime": .null,
                    ])
            #expect(events[1]["headers"]?["x-api-key"] == "k/1")
            #expect(events[2]["body"]?["to"] == "+989120000200" && events[2]["headers"]?["authorization"] == "Bearer k/1")
            #expect(events[2]["headers"]?["idempotency-key"] == "0193b1c2-7d5e-7a10-8000-00000000abcd")
        }
    }

    @Test func patternsAreFilled() async throws {
        try await with { server, client in
            let values = [("code", "123456"), ("status", "in progress"), ("name", "Sara"), ("shop", "The Shop"), ("x", "1"), ("y", "2")]
            for carrier in carriers(server, client) {
                try await carrier.carry(
                    parcel("+4915112345678", patterns: ["kavenegar": "verify", "smsir": "100000", "http": "p"], values: values))
            }
            _ = try await server.event(holding: "\"/send\"")
            let events = server.events
            try #require(events.count == 3)
            #expect(events[0]["path"] == "/v1/k%2F1/verify/lookup.json")
            #expect(
                events[0]["body"]
                    == [
                        "receptor": "004915112345678", "template": "verify", "token": "123456", "token2": "Sara", "token3": "1",
                        "token10": "in progress", "token20": "The Shop",
                    ])
            #expect(events[1]["path"] == "/v1/send/verify" && events[1]["body"]?["templateId"] == 100_000)
            #expect(events[1]["body"]?["parameters"]?.array?.first == ["name": "CODE", "value": "123456"])
            #expect(events[2]["body"]?["template"] == "p" && events[2]["body"]?["values"]?["status"] == "in progress")
        }
    }

    /// Kavenegar's `token` must be there: the next provider is asked at once.
    @Test func aPatternNeedsAValueOfOneWord() async throws {
        try await with { server, client in
            for values in [[], [("name", "The Shop")]] as [[(String, String)]] {
                let parcel = parcel("+989120000200", patterns: ["kavenegar": "verify"], values: values)
                #expect(try await certainty(carriers(server, client)[0], parcel) == .refused)
            }
            try await carriers(server, client)[2].carry(parcel("+989120000200"))
            _ = try await server.event(holding: "\"/send\"")
            #expect(server.events.count == 1, "it was not asked")
        }
    }

    /// By the last digits of the number the service decides what becomes of it.
    @Test(arguments: [
        ("418", CarrierFailure.Certainty.refused), ("411", .refused), ("500", .unknown), ("000", .unknown), ("200", nil),
    ])
    func anAnswerIsYesNoOrNothing(code: String, certainty: CarrierFailure.Certainty?) async throws {
        try await with { server, client in
            for carrier in carriers(server, client) {
                let found = try await self.certainty(carrier, parcel("+989120000\(code)"))
                #expect(found == certainty, "\(carrier.name)")
            }
        }
    }

    @Test func whatCannotBeReadIsNoAnswer() async throws {
        try await with { server, client in
            for carrier in carriers(server, client).prefix(2) {
                let found = try await self.certainty(carrier, parcel("+989120000999"))
                #expect(found == .unknown, "\(carrier.name)")
            }
            for carrier in carriers(server, client, key: "wrong").prefix(2) {
                let found = try await self.certainty(carrier, parcel("+989120000200"))
                #expect(found == .refused, "\(carrier.name)")
            }
        }
        let client = OutboundClient(threads: 1)
        let gone = KavenegarCarrier(service: SMSService(client: client), key: "k", line: nil, base: "http://127.0.0.1:1")
        let found = try await self.certainty(gone, parcel("+989120000200"))
        #expect(found == .refused)
        await client.shutdown()
    }

    @Test func theFileSaysWhoCarries() throws {
        func carriers(_ text: String) throws -> Carriers {
            let loaded = try ConfigurationLoader(environment: ["K": "key"], overrides: []).load(text: text, file: "atlas.toml")
            let client = OutboundClient(threads: 1)
            return Carriers(loaded.configuration, client: client, directory: "/nowhere")
        }
        let providers = """
            [sms]
            providers = [
              { driver = "kavenegar", key = "env:K" }, { driver = "smsir", key = "env:K" }, { driver = "http", url = "https://sms.example" },
            ]

            """
        #expect(try carriers("").carriers(of: .sms).map(\.name) == ["file"])
        #expect(try carriers("").carriers(of: .mail).map(\.name) == ["file"])
        #expect(try carriers(providers).carriers(of: .sms).map(\.name) == ["kavenegar", "smsir", "http"])
        #expect(try carriers(providers + "driver = \"smsir\"").carriers(of: .sms).map(\.name) == ["smsir"])
        #expect(try carriers(providers + "driver = \"file\"").carriers(of: .sms).map(\.name) == ["file"])
        let mail = try carriers("[mail]\ndriver = \"smtp\"\nhost = \"[::1]:2525\"\nfrom = \"S <a@b.org>\"").carriers(of: .mail)
        let relay = try #require(mail.first as? RelayCarrier)
        #expect(relay.host == "[::1]" && relay.port == 2_525 && relay.from.address == "a@b.org")
    }
}
