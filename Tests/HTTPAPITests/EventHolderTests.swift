import Expressions
import Testing

@testable import HTTPAPI

/// By whom streams count.
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
}
