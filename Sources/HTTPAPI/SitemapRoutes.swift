internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema
internal import Synchronization

/// `/sitemap.xml`, with more than 50,000 pages an index of `/sitemaps/{number}.xml`, and `/robots.txt`.
struct SitemapRoutes {
    private let context: APIContext
    private let shelf = Shelf()

    /// What was made since the last commit. Of a sitemap in several files the index alone is kept.
    private final class Shelf: Sendable {
        struct Kept: Sendable {
            var commits: Int
            var document: ByteBuffer
            var places: [SitemapFile.Place]
        }
        let kept = Mutex<Kept?>(nil)
    }

    init(_ context: APIContext) {
        self.context = context
    }

    private var hasPages: Bool { context.records.schema.collections.contains { $0.shape.page != nil } }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, "/robots.txt") { [context, hasPages] call in
            var text = "User-agent: *\nDisallow: /api\nDisallow: /backoffice\n"
            if hasPages { text += "Sitemap: \(context.settings.baseURL)/sitemap.xml\n" }
            return Self.answer(call, ByteBuffer(string: text), type: "text/plain; charset=utf-8")
        }
        Self.describe("/robots.txt", id: "getRobots", "What crawlers may visit", type: "text/plain", in: &document)
        guard hasPages else { return }
        routes.add(.GET, "/sitemap.xml") { [self] call in
            context.refuseQuery(call)
                ?? context.respond(call) { _ in
                    kept(on: call.request.eventLoop).map { Self.response($0.document, type: "application/xml") }
                }
        }
        routes.add(.GET, "/sitemaps/{name}") { [self] call in
            context.refuseQuery(call)
                ?? context.respond(call) { _ in
                    let loop = call.request.eventLoop
                    guard let name = call.parameters.first, name.hasSuffix(".xml"), let number = Int(name.dropLast(4)), number > 0 else {
                        throw Failure.notFound
                    }
                    return kept(on: loop).flatMap { kept in
                        guard kept.places.count > 1, number <= kept.places.count else { return loop.makeFailedFuture(Failure.notFound) }
                        return context.records.sitemap(from: kept.places[number - 1], on: loop).map {
                            Self.response(write($0.pages), type: "application/xml")
                        }
                    }
                }
        }
        addRebuilding(to: &routes, describing: &document)
        Self.describe(
            "/sitemap.xml", id: "getSitemap", "The public pages, or an index of such files", type: "application/xml", in: &document)
        Self.describe("/sitemaps/{name}", id: "getSitemapPart", "Some of the public pages", type: "application/xml", in: &document)
    }

    /// `POST /seo/sitemap/rebuild`: for a table that was changed from outside, of which no commit here tells.
    private func addRebuilding(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let allow = context.records.schema.backoffice else { return }
        let path = "/api/v1/seo/sitemap/rebuild"
        routes.add(.POST, path) { [self] call in
            context.refuseQuery(call)
                ?? context.collect(call, isOptional: true) { caller, body in
                    guard context.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
                    try Resource.refuseMembers(of: body)
                    return context.records.store.snapshot(on: call.request.eventLoop) { snapshot in
                        guard try allow.expression.isTrue(in: caller.environment, rows: snapshot) else {
                            throw caller.refusal("you may not do this")
                        }
                    }.map {
                        shelf.kept.withLock { $0 = nil }
                        return Envelope.success(.null, status: .accepted, requestID: call.request.id)
                    }
                }
        }
        document.add(
            .POST, path,
            OpenAPIDocument.Operation(
                id: "rebuildSitemap", summary: "Make the sitemap anew", tag: "site", needsAccount: allow.isNeverForAnonymous,
                body: OpenAPIDocument.body(["type": "object", "additionalProperties": false], required: false),
                successes: [OpenAPIDocument.success("202", "it is made at the next request", data: ["type": "null"])], failures: ["403"]))
    }

    // MARK: Making

    private func kept(on loop: any EventLoop) -> EventLoopFuture<Shelf.Kept> {
        let commits = context.records.store.commits
        if let kept = shelf.kept.withLock({ $0 }), kept.commits == commits { return loop.makeSucceededFuture(kept) }
        return make(from: [.start], on: loop).map { [shelf] document, places in
            let kept = Shelf.Kept(commits: commits, document: document, places: places)
            shelf.kept.withLock { $0 = kept }
            return kept
        }
    }

    /// The document, and where its files begin.
    private func make(from places: [SitemapFile.Place], on loop: any EventLoop) -> EventLoopFuture<(ByteBuffer, [SitemapFile.Place])> {
        context.records.sitemap(from: places[places.count - 1], on: loop).flatMap { file in
            if let next = file.next { return make(from: places + [next], on: loop) }
            return loop.makeSucceededFuture((places.count == 1 ? write(file.pages) : index(of: places.count), places))
        }
    }

    private static let namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"

    private func write(_ pages: [SitemapFile.Page]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"\(Self.namespace)\">\n")
        for page in pages {
            let path = page.path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncodedSegment }
            buffer.writeString("<url><loc>\(context.settings.siteURL)\(path.joined(separator: "/"))</loc><lastmod>")
            buffer.writeString(Timestamp.text(page.modified))
            buffer.writeString("</lastmod>")
            if let priority = page.priority {
                let tenths = Int((min(max(priority, 0), 1) * 10).rounded())
                buffer.writeString("<priority>\(tenths / 10).\(tenths % 10)</priority>")
            }
            buffer.writeString("</url>\n")
        }
        buffer.writeString("</urlset>\n")
        return buffer
    }

    private func index(of count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"\(Self.namespace)\">\n")
        for number in 1...count {
            buffer.writeString("<sitemap><loc>\(context.settings.baseURL)/sitemaps/\(number).xml</loc></sitemap>\n")
        }
        buffer.writeString("</sitemapindex>\n")
        return buffer
    }

    private static func answer(_ call: Call, _ document: ByteBuffer, type: String) -> Intake {
        var response = response(document, type: type)
        response.route = call.route.template
        return .respond(call.request.eventLoop.makeSucceededFuture(response))
    }

    private static func response(_ document: ByteBuffer, type: String) -> Response {
        Response(status: .ok, headers: ["content-type": type, "cache-control": "no-cache"], body: .bytes(document))
    }

    private static func describe(_ path: String, id: String, _ about: String, type: String, in document: inout OpenAPIDocument) {
        // RFC 7303 section 9.2: text/xml is another name of application/xml.
        let file = OpenAPIDocument.file(about, types: type == "application/xml" ? [type, "text/xml"] : [type], isText: true)
        let parameters =
            path.hasSuffix("}") ? [OpenAPIDocument.parameter("name", in: "path", ["type": "string"], about: "1.xml, 2.xml, …")] : []
        document.add(
            .GET, path,
            OpenAPIDocument.Operation(
                id: id, summary: about, tag: "site", parameters: parameters, successes: [file],
                failures: parameters.isEmpty ? [] : ["404"]))
    }
}
