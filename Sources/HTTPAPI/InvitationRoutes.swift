internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// `POST /invitations/accept`: without a tenant, since the caller is not in it yet (11-precisions 57).
struct InvitationRoutes {
    static let path = "/api/v1/invitations/accept"
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context.personal
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let tenancy = context.records.schema.tenancy, tenancy.invitations != nil else { return }
        let resource = Resource(context: context, collection: tenancy.members)
        routes.add(.POST, Self.path) { accept($0, resource) }
        describe(&document, tenancy)
    }

    private func accept(_ call: Call, _ resource: Resource) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                if caller.isAnonymous { throw RecordError.unauthenticated }
                let token = try Self.token(in: body)
                return context.records.acceptInvitation(token, for: caller, into: Envelope.open(), on: call.request.eventLoop).map {
                    resource.respond($0.answer, to: call, status: .created, location: "\(resource.base)/\($0.row.id)")
                }
            }
    }

    private static func token(in body: JSONValue) throws(Failure) -> String {
        guard case .object(let members) = body else { throw .invalid("the body must be an object") }
        var faults = members.filter { $0.name != "token" }.map {
            FieldFault(path: $0.name, code: "unknown", message: "there is no such field")
        }
        let token = body["token"]
        if token == nil { faults.append(FieldFault(path: "token", code: "required", message: "is missing")) }
        guard faults.isEmpty, let text = token?.string else {
            if faults.isEmpty { faults.append(FieldFault(path: "token", code: "type", message: "must be a string")) }
            throw .invalid(faults)
        }
        return text
    }

    private func describe(_ document: inout OpenAPIDocument, _ tenancy: Tenancy) {
        guard document.isWanted else { return }
        let tenants = tenancy.tenants
        let identifying = Records.identifying(tenants).map {
            JSONMember(name: $0.name, value: FieldDescription.answer($0, values: document.values(of: $0, in: tenants)))
        }
        let tenant: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["id"],
            "properties": .object([JSONMember(name: "id", value: ["type": "string", "format": "uuid"])] + identifying),
        ]
        let membership = document.record(tenancy.members, and: [JSONMember(name: "tenant", value: tenant)])
        document.add(
            .POST, Self.path,
            .init(
                id: "acceptInvitation", summary: "Become the member that an invitation offers to be", tag: "invitations",
                needsAccount: true,
                body: OpenAPIDocument.body([
                    "type": "object", "additionalProperties": false, "required": ["token"], "properties": ["token": ["type": "string"]],
                ]),
                successes: [
                    OpenAPIDocument.success(
                        "201", "the membership, and of which tenant", data: membership, headers: OpenAPIDocument.location)
                ], failures: ["402", "403", "409"]))
    }
}
