package import Expressions
package import Identity
package import NIOCore

/// What the routes of events need beside the others' context.
package struct EventServices: Sendable {
    package var hub: EventHub
    package var tickets: EventTickets
    package var standing: CallerStanding
    /// What the site's file says of all that streams tell, as numbers: where two sites say the same, streams go on from one to the other.
    package var meaning: [String: Int]

    package init(hub: EventHub, tickets: EventTickets, standing: CallerStanding, meaning: [String: Int]) {
        self.hub = hub
        self.tickets = tickets
        self.standing = standing
        self.meaning = meaning
    }
}

/// Who a caller is now that came a while ago: for what goes on longer than a request, and for tickets (Assembly puts Identity behind it).
package struct CallerStanding: Sendable {
    /// Whom a session speaks for, its name nil for an anonymous caller's; without any tenant.
    package var caller: @Sendable (_ session: String?, _ facts: RequestFacts, _ requestID: String?, any EventLoop) -> ResolvedCaller
    /// Until when the session lasts by itself, in milliseconds since 1970; nil when it has ended.
    package var end: @Sendable (_ session: String, any EventLoop) -> EventLoopFuture<Int64?>

    package init(
        caller: @escaping @Sendable (String?, RequestFacts, String?, any EventLoop) -> ResolvedCaller,
        end: @escaping @Sendable (String, any EventLoop) -> EventLoopFuture<Int64?>
    ) {
        self.caller = caller
        self.end = end
    }
}
