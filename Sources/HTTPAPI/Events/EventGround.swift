internal import NIOCore
internal import Ports
internal import Records

/// What streams stand on: how one site tells, and knows who somebody is. A reload puts another one in its place.
package final class EventGround: Sendable {
    /// What a caller is told of an event, as a line of JSON; nil where he hears nothing of it.
    typealias Telling = @Sendable (NewEvent, Caller, any EventLoop) -> EventLoopFuture<ByteBuffer?>

    let services: EventServices
    let tenants: TenantPlacement?
    let tell: Telling

    init(_ services: EventServices, tenants: TenantPlacement?, tell: @escaping Telling) {
        self.services = services
        self.tenants = tenants
        self.tell = tell
    }

    convenience init(_ services: EventServices, _ context: APIContext) {
        let telling = EventTelling(records: context.records)
        self.init(services, tenants: context.tenants) { telling.tell($0, to: $1, on: $2) }
    }

    /// Whether a stream of the one is told the same by the other.
    func means(_ other: EventGround) -> Bool { services.meaning == other.services.meaning }
}
