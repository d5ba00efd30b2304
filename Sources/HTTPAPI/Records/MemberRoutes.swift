internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// `PUT POST DELETE /{path}/{id}/{field}`: members of to-many fields (04-api).
struct MemberRoutes: Sendable {
    private let resource: Resource

    init(_ resource: Resource) {
        self.resource = resource
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard resource.collection.behaviour.update != nil else { return }
        for field in Self.fields(of: resource.collection) {
            let path = "\(resource.item)/\(field.name)"
            routes.add(.PUT, path) { change(field, $0) { .replace($0) } }
            routes.add(.POST, path) { change(field, $0) { .add($0) } }
            routes.add(.DELETE, path + "/{member}") { remove(field, $0) }
            describe(field, at: path, &document)
        }
    }

    /// The fields whose members have routes, in a collection that clients may change.
    static func fields(of collection: Collection) -> [Field] {
        collection.fields.filter { $0.isToMany && !$0.isPrivate && isWritable($0) }
    }

    /// Whether any client may ever change it.
    private static func isWritable(_ field: Field) -> Bool {
        switch field.source {
        case .client: true
        case .stamp: field.write != nil
        case .clientOnce, .server: false
        }
    }

    private func change(
        _ field: Field, _ call: Call, _ change: @escaping @Sendable (JSONValue) -> RecordWriter.MemberChange
    ) -> Intake {
        let (collection, records, context) = (resource.collection, resource.records, resource.context)
        return context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                guard records.admitsWriting(collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
                guard let key = resource.key(call) else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                return records.writeAndRead(collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                    try writer.change(field, of: collection, key, by: change(body), version: version)
                }.map { resource.respond($0.answer, to: call, status: .ok) }
            }
    }

    private func remove(_ field: Field, _ call: Call) -> Intake {
        let (collection, records, context) = (resource.collection, resource.records, resource.context)
        return context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard records.admitsWriting(collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
                guard let key = resource.key(call), let member = call.parameters.last else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                return records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                    _ = try writer.change(field, of: collection, key, by: .remove(member), version: version)
                }.map { Response(status: .noContent) }
            }
    }

    /// `setSalonOwners`, `addSalonOwners`, `removeSalonOwner`.
    private func describe(_ field: Field, at path: String, _ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let collection = resource.collection
        let names = OperationNames(collection.name)
        let members = OperationNames(field.name)
        let key = OpenAPIDocument.key(of: collection)
        let needsAccount = collection.behaviour.update?.isNeverForAnonymous ?? true
        let many = FieldDescription.request(field)
        let success = OpenAPIDocument.success(
            "200", "the record", data: OpenAPIDocument.reference(names.singular), headers: OpenAPIDocument.etag)
        for (method, verb, summary) in [
            (HTTPMethod.PUT, "set", "These members and no others"), (.POST, "add", "Add members, or change them"),
        ] {
            document.add(
                method, path,
                .init(
                    id: "\(verb)\(names.singular)\(members.plural)", summary: summary, tag: collection.name, needsAccount: needsAccount,
                    parameters: key + [OpenAPIDocument.ifMatch],
                    body: OpenAPIDocument.body(["anyOf": [many, FieldDescription.member(field)]]), successes: [success],
                    failures: ["402", "403", "404", "409", "412"]))
        }
        let member = OpenAPIDocument.parameter("member", in: "path", FieldDescription.id, about: "the id of the member")
        document.add(
            .DELETE, path + "/{member}",
            .init(
                id: "remove\(names.singular)\(members.singular)", summary: "Take a member out", tag: collection.name,
                needsAccount: needsAccount, parameters: key + [member, OpenAPIDocument.ifMatch],
                successes: [OpenAPIDocument.empty("204", "it is no member any more")], failures: ["402", "403", "404", "409", "412"]))
    }
}
