package import NIOCore
internal import Expressions
internal import Ports
internal import Schema

/// A file of the sitemap (https://www.sitemaps.org/protocol.html).
package struct SitemapFile: Sendable {
    /// Where a file begins: a collection, and after which of its rows.
    package struct Place: Sendable, Hashable {
        var collection: Int
        var after: Int64

        package static let start = Place(collection: 0, after: 0)
    }

    /// What one file may hold.
    package static let mostPages = 50_000

    package struct Page: Sendable {
        /// Below the site's address.
        package var path: String
        /// Milliseconds since 1970.
        package var modified: Int64
        package var priority: Double?
    }

    /// Those of the greatest priority first.
    package var pages: [Page]
    /// Where the next one begins.
    package var next: Place?
}

extension Records {
    /// The pages that anybody may list, from that place on.
    package func sitemap(from place: SitemapFile.Place, on loop: any EventLoop) -> EventLoopFuture<SitemapFile> {
        let caller = Caller(environment: Environment(now: clock.now()))
        let collections = schema.collections.filter { $0.shape.page != nil && $0.shape.tenant == nil }
        return store.snapshot(on: loop) { [self] snapshot in
            var file = SitemapFile(pages: [], next: nil)
            var place = place
            while place.collection < collections.count {
                let room = SitemapFile.mostPages - file.pages.count
                guard room > 0 else {
                    file.next = place
                    break
                }
                let collection = collections[place.collection]
                let sitemap = collection.behaviour.sitemap
                guard var access = try listed(collection, for: caller) else {
                    place = SitemapFile.Place(collection: place.collection + 1, after: 0)
                    continue
                }
                if let when = sitemap?.when { access.conditions.append(when) }
                let entries = try snapshot.pages(
                    PageQuestion(access: access, priority: sitemap?.priority, after: place.after, limit: room))
                for entry in entries {
                    guard let path = entry.path else { continue }
                    let priority = entry.priority ?? sitemap?.constantPriority
                    file.pages.append(SitemapFile.Page(path: path, modified: entry.modified, priority: priority))
                }
                if let last = entries.last, entries.count == room {
                    place.after = last.number
                } else {
                    place = SitemapFile.Place(collection: place.collection + 1, after: 0)
                }
            }
            let standard = 0.5
            file.pages.sort { ($0.priority ?? standard) > ($1.priority ?? standard) }
            return file
        }
    }
}
