internal import Edge
internal import Expressions
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /{parent}/{id}/{children}`: the list of the child's collection, narrowed to one parent (04-api).
struct ChildRoutes: Sendable {
    private let parent: Resource

    init(_ parent: Resource) {
        self.parent = parent
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard parent.collection.behaviour.read != nil else { return }
        for children in parent.collection.shape.children where children.isListed {
            guard let collection = parent.records.schema.collection(children.collection), collection.behaviour.read != nil else { continue }
            let child = Resource(context: parent.context, collection: collection)
            let path = "\(parent.item)/\(children.name)"
            routes.add(.GET, path) { list(child, children, $0) }
            // `listItemsOfMenu`: `listMenuItems` is the list of the collection `menu_items`.
            let id = "list\(OperationNames(children.name).plural)Of\(OperationNames(parent.collection.name).singular)"
            document.describeList(collection, at: path, id: id, child.parameters, key: OpenAPIDocument.key(of: parent.collection))
        }
    }

    /// A parent that the caller cannot read is 404, whatever the query.
    private func list(_ child: Resource, _ children: Children, _ call: Call) -> Intake {
        let loop = call.request.eventLoop
        return parent.context.respond(call) { caller in
            guard let key = parent.key(call) else { throw Failure.notFound }
            return parent.records.identify(parent.collection, key, for: caller, on: loop).flatMap { id in
                do {
                    var page = try child.parameters.page(child.parameters.query(call.request.query), for: caller, context: child.context)
                    let field = child.collection.fields[children.field]
                    let reference = field.targets.count > 1 ? "\(parent.collection.name):\(id)" : id
                    page.list.filters.append(.field(field, .equal, [.text(reference)]))
                    return child.answer(page, to: call, for: caller)
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }
        }
    }
}
