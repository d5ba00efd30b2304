internal import Expressions
internal import Identity

/// By whom a stream counts: a user, or the network of callers without an account.
struct EventHolder: Sendable {
    let name: String
    let isUser: Bool

    init(_ environment: Environment) {
        isUser = environment.me != nil
        name = environment.me?.id ?? ClientNetwork.of(environment.request.ip)
    }
}

/// A stream's place among those that its holder may have: taken before the answer begins, so that many who ask at once get no more than there are,
/// and free again as soon as nobody keeps it.
final class EventPlace: Sendable {
    private let hub: EventHub
    private let holder: EventHolder

    init(_ hub: EventHub, _ holder: EventHolder) {
        self.hub = hub
        self.holder = holder
    }

    deinit { hub.leave(holder) }
}
