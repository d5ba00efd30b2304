import Expressions
import Records
import Testing

@testable import HTTPAPI

/// By whom streams count, and how many.
@Suite struct EventHolderTests {
    private func holder(_ address: String, me: Row? = nil) -> EventHolder {
        EventHolder(Environment(me: me, now: 0, request: RequestFacts(ip: address, method: "GET", userAgent: "")))
    }

    /// Whoever has one address of IPv6 has 2^64 of them: each for itself they would take every stream that there is.
    @Test func `callers without an account count by their network`() {
        #expect(holder("2001:db8::1").name == holder("2001:db8::ffff:2").name)
        #expect(holder("2001:db8::1").name != holder("2001:db8:0:1::1").name)
        #expect(holder("192.0.2.1").name != holder("192.0.2.2").name)
        #expect(!holder("192.0.2.1").isUser)
    }

    @Test func `a user counts wherever he is`() {
        let me = Row(collection: "users", values: [.text("u")])
        #expect(holder("192.0.2.1", me: me).name == holder("2001:db8::1", me: me).name && holder("192.0.2.1", me: me).isUser)
    }

    /// Also where no stream has come of it.
    @Test func `a place is free again once nobody keeps it`() {
        let bench = StreamBench { $0.perUser = 2 }
        let me = EventHolder(StreamBench.caller("s1").environment)
        var first = bench.hub.place(for: me)
        let second = bench.hub.place(for: me)
        #expect(first != nil && second != nil && bench.hub.place(for: me) == nil)
        #expect(bench.hub.place(for: EventHolder(StreamBench.caller("s2").environment)) != nil)
        first = nil
        first = bench.hub.place(for: me)
        #expect(first != nil)
    }
}
