internal import Expressions
package import NIOCore
internal import Ports
package import Schema

/// Where something has moved.
package struct Redirect: Sendable, Equatable {
    package var to: String
    /// A status of RFC 9110 section 15.4.
    package var code: Int64
}

extension Records {
    /// The segment that names a record now, by a slug that it had before; fails with `.notFound` when there is none that the caller may read.
    package func moved(
        _ collection: Collection, from slug: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<String> {
        guard let lookup = collection.lookup, let kept = collection.keptSlug(lookup.index), kept.scope.isEmpty,
            let access = try? access(to: collection, for: caller)
        else { return loop.makeFailedFuture(RecordError.notFound) }
        let tenant = collection.shape.tenant.map { _ in caller.environment.tenant.map { Value.text($0.id) } ?? .null }
        let former = FormerSlug(kept, slug, scope: [], tenant: tenant, in: collection)
        return store.snapshot(on: loop) { snapshot in
            guard let id = try snapshot.formerSlugs.record(former), let row = try snapshot.row(access, key: .id(id)) else {
                throw RecordError.notFound
            }
            // A slug that not everybody may read is not told here either.
            guard lookup.read == nil, case .text(let slug) = row.values[lookup.index] else { return row.id }
            return slug
        }
    }

    /// Where the page at this path is now, by `redirects` and by former slugs; nil when nothing is known of it, or it has not moved.
    package func redirect(of path: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Redirect?> {
        var path = NormalizedText.nfc(path)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let schema = schema
        var pages: [(Collection, Page, Access)] = []
        for collection in schema.collections where collection.shape.tenant == nil {
            // Who may not read the record does not learn what it is called.
            if let page = collection.shape.page, let access = try? access(to: collection, for: caller) {
                pages.append((collection, page, access))
            }
        }
        let asked = path
        return store.snapshot(on: loop) { [pages] snapshot in
            let finder = PageFinder(schema: schema, snapshot: snapshot, environment: caller.environment)
            var path = asked
            var code: Int64 = 301
            var seen: Set<String> = [path]
            while let next = try Self.declared(path, schema, snapshot) {
                guard seen.insert(next.to).inserted, seen.count <= 8 else { return nil }
                path = next.to
                code = next.code
            }
            for (collection, page, access) in pages {
                guard let found = try finder.row(at: path, of: page, in: collection),
                    let row = try snapshot.row(access, key: .id(found.id)),
                    let now = try page.path(of: row, in: collection, snapshot, schema)
                else { continue }
                path = now
                break
            }
            return path == asked ? nil : Redirect(to: path, code: code)
        }
    }

    /// A row of `redirects`.
    private static func declared(_ path: String, _ schema: Schema, _ snapshot: any Snapshot) throws -> Redirect? {
        guard let redirects = schema.collection("redirects"), let from = redirects.field("from") else { return nil }
        let access = Access(redirects, environment: Environment(), spansTenants: true)
        guard let row = try snapshot.row(access, key: .field(from.index, .text(path))), case .text(let to) = row.value("to", in: redirects)
        else { return nil }
        if case .int(let code) = row.value("code", in: redirects) { return Redirect(to: to, code: code) }
        return Redirect(to: to, code: 301)
    }
}
