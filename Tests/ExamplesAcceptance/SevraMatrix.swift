import Harness
import JSON
import Synchronization
import Testing

/// Callers: a anonymous, u a user who owns nothing, r the author of reviews and comments, s the salon's owner, t the artist's,
/// w the posts' author, m a moderator, d an administrator.
@Suite("Sevra: every route as every caller")
struct SevraMatrix {
    private static let all = "aurstwmd"
    private static let signedIn = "urstwmd"

    /// What everybody reads and administrators keep.
    private static func curated(
        _ path: String, _ record: String, _ body: JSONValue, _ change: JSONValue, restores: Bool = false, reorders: Bool = false
    ) -> [Route] {
        var routes: [Route] = [
            .list(path, (record, all)), .read("\(path)/{\(record)}", by: all), .create(path, body, by: "d"),
            .change("\(path)/{\(record)}", change, by: "d"), .remove("\(path)/{\(record)}", by: "d"),
        ]
        if restores { routes.append(.fire("\(path)/{deleted-\(record)}/restore", by: "d")) }
        if reorders { routes.append(.fire("\(path)/reorder", ["ids": ["{\(record)}"]], by: "d")) }
        return routes
    }

    /// Salons and artists are alike.
    private static func listing(_ path: String, _ record: String, _ owner: String, _ name: String) -> [Route] {
        let keepers = owner + "d"
        return [
            .list(path, (record, all), ("suspended-\(record)", owner + "md")), .read("\(path)/{\(record)}", by: all),
            .read("\(path)/{suspended-\(record)}", by: owner + "md"),
            .create(path, .object([JSONMember(name: name, value: "New")]), by: keepers),
            .change("\(path)/{\(record)}", ["summary": "x"], by: keepers),
            .change("\(path)/{suspended-\(record)}", ["summary": "x"], by: keepers, seenBy: owner + "md"),
            .remove("\(path)/{\(record)}", by: keepers), .fire("\(path)/{deleted-\(record)}/restore", by: "d", seenBy: owner + "md"),
            .put("\(path)/{\(record)}/gallery", [], by: keepers),
            .fire("\(path)/{\(record)}/gallery", ["id": "{own-picture}"], by: keepers),
            .remove("\(path)/{\(record)-gallery.id}/gallery/{\(record)-gallery.picture}", by: keepers),
            .put("\(path)/{\(record)}/owners", ["{\(record).owner}"], by: keepers),
            .fire("\(path)/{\(record)}/owners", ["id": "{\(record).owner}"], by: keepers),
            .remove("\(path)/{\(record)-owners.id}/owners/{\(record)-owners.second}", by: keepers),
            .list("\(path)/{review-of-\(record).target}/reviews", ("review-of-\(record)", all)),
        ]
    }

    private static let places: [Route] =
        curated("/provinces", "province", ["name_fa": "ن", "name_en": "New"], ["name_fa": "x"])
        + curated("/cities", "city", ["name_fa": "ن", "name_en": "New", "province": "{province}"], ["name_fa": "x"])
        + curated("/neighborhoods", "neighborhood", ["name_fa": "ن", "city": "{city}"], ["name_fa": "x"])
        + curated("/service_categories", "service-category", ["name_fa": "ن"], ["name_fa": "x"], restores: true, reorders: true)
        + curated("/services", "service", ["name_fa": "ن", "category": "{service-category}"], ["name_fa": "x"], restores: true)
        + curated("/specialties", "specialty", ["name_fa": "ن"], ["name_fa": "x"], restores: true, reorders: true)
        + [
            .list("/provinces/{city.province}/cities", ("city", all)),
            .list("/cities/{neighborhood.city}/neighborhoods", ("neighborhood", all)),
            .list("/service_categories/{service.category}/services", ("service", all)),
            .list("/redirects", closed: true, ("redirect", "md")), .read("/redirects/{redirect}", by: "md", closed: true),
            .create("/redirects", ["from": "/new", "to": "/there", "code": 301], by: "d"),
            .remove("/redirects/{redirect}", by: "d", seenBy: "md"), .read("/redirects/resolve?path=/x", by: all),
        ]

    private static let people: [Route] = [
        .list("/users", closed: true, ("reviewer", "rmd")), .read("/users/{reviewer}", by: "rmd", closed: true),
        .change("/users/{reviewer}", ["first_name": "x"], by: "rd", seenBy: "rmd"), .remove("/users/{victim}", by: "d", seenBy: "md"),
        .fire("/users/{deleted-victim}/restore", by: "d", seenBy: "md"), .list("/authors", ("author", all)),
        .read("/authors/{author}", by: all), .change("/authors/{author}", ["bio": "x"], by: "wd"),
        .create("/authors", ["user": "{somebody}", "display_name": "x"], by: "d"), .remove("/authors/{spare-author}", by: "d"),
    ]

    private static let directory: [Route] =
        listing("/salons", "salon", "s", "name") + listing("/artists", "artist", "t", "full_name")
        + [
            .put("/salons/{salon}/services", [["id": "{service}"]], by: "sd"),
            .fire("/salons/{salon}/services", ["id": "{service}"], by: "sd"),
            .remove("/salons/{salon-services.id}/services/{salon-services.service}", by: "sd"),
            .put("/salons/{salon}/artists", [["id": "{artist}"]], by: "sd"), .fire("/salons/{salon}/artists", ["id": "{artist}"], by: "sd"),
            .remove("/salons/{salon-artists.id}/artists/{salon-artists.artist}", by: "sd"),
            .put("/artists/{artist}/specialties", ["{specialty}"], by: "td"),
            .fire("/artists/{artist}/specialties", ["id": "{specialty}"], by: "td"),
            .remove("/artists/{artist-specialties.id}/specialties/{artist-specialties.specialty}", by: "td"),
            .list("/artists/{certification.artist}/certifications", ("certification", all)),
            .list("/certifications", ("certification", all), ("suspended-certification", "tmd")),
            .read("/certifications/{certification}", by: all), .read("/certifications/{suspended-certification}", by: "tmd"),
            .create("/certifications", ["artist": "{artist}", "title": "x", "issuer": "y"], by: "td"),
            .change("/certifications/{certification}", ["level": "x"], by: "td"),
            .change("/certifications/{suspended-certification}", ["level": "x"], by: "td", seenBy: "tmd"),
            .remove("/certifications/{certification}", by: "td"),
            .fire("/certifications/{certification}/verify", ["is_verified": true], by: "md"),
            .fire("/certifications/{suspended-certification}/verify", ["is_verified": true], by: "md", seenBy: "tmd"),
        ]

    private static let community: [Route] = [
        .list("/reviews", ("review-of-salon", all), ("hidden-review", "rmd")), .read("/reviews/{review-of-salon}", by: all),
        .read("/reviews/{hidden-review}", by: "rmd"), .create("/reviews", ["target": "salons:{salon}", "rating": 3], by: "urtwmd"),
        .change("/reviews/{review-of-salon}", ["title": "x"], by: "r"),
        .change("/reviews/{hidden-review}", ["title": "x"], by: "r", seenBy: "rmd"), .remove("/reviews/{review-of-salon}", by: "rmd"),
        .fire("/reviews/{deleted-review}/restore", by: "md", seenBy: "rmd"),
        // The vote of u is there first; everybody else's is new.
        .list("/votes", closed: true, ("vote", "u")), .read("/votes/{vote}", by: "u", closed: true),
        .put("/votes/{other-review}", ["is_like": true], by: "ustwmd", status: 201),
        .put("/votes/{other-review}", ["is_like": false], by: "ustwmd"), .remove("/votes/{other-review}", by: signedIn),
        .list("/follows", closed: true, ("follow", "u")), .read("/follows/salons:{follow}", by: "u", closed: true),
        .put("/follows/salons:{other-salon}", by: signedIn, status: 201), .remove("/follows/salons:{other-salon}", by: signedIn),
        .list("/saves", closed: true, ("save", "u")), .read("/saves/salons:{save}", by: "u", closed: true),
        .put("/saves/salons:{other-salon}", by: signedIn, status: 201), .remove("/saves/salons:{other-salon}", by: signedIn),
        .list("/reports", closed: true, ("report", "rmd")), .read("/reports/{report}", by: "rmd", closed: true),
        .create("/reports", ["target": "salons:{salon}", "reason": "x"], by: signedIn),
        .change("/reports/{report}", ["details": "x"], by: "md", seenBy: "rmd"),
        .list("/verifications", closed: true, ("verification", "smd")), .read("/verifications/{verification}", by: "smd", closed: true),
        .create("/verifications", ["target": "salons:{salon}", "documents": [["label": "x", "file": "{document}"]]], by: "s"),
        .fire("/verifications/{verification}/approve", [:], by: "md", seenBy: "smd"),
        .fire("/verifications/{verification}/reject", ["notes": "x"], by: "md", seenBy: "smd"),
        .list("/media", closed: true, ("picture", "smd")), .read("/media/{picture}", by: "smd"),
        .change("/media/{picture}", ["alt": "x"], by: "sd", seenBy: "smd"), .remove("/media/{picture}", by: "sd", seenBy: "smd"),
        .list("/reactions", ("reaction", all)), .put("/reactions/posts:{post}/{post.reaction}", by: signedIn, status: 201),
        .read("/reactions/posts:{post}/{post.reaction}", by: signedIn), .remove("/reactions/posts:{post}/{post.reaction}", by: signedIn),
    ]

    private static let blog: [Route] =
        curated("/blog/categories", "category", ["name": "New"], ["description": "x"], restores: true, reorders: true)
        + curated("/blog/tags", "tag", ["name": "New"], ["description": "x"], restores: true)
        + curated("/blog/series", "series", ["title": "New"], ["description": "x"], restores: true)
        + curated("/menu_items", "menu-item", ["menu": "{menu}", "label": "x", "url": "/x"], ["label": "y"], reorders: true)
        + [
            .list("/blog/posts", ("post", all), ("draft", "wmd")), .read("/blog/posts/{post}", by: all),
            .read("/blog/posts/{draft}", by: "wmd"), .create("/blog/posts", ["title": "x", "excerpt": "y", "content": "z"], by: "w"),
            .change("/blog/posts/{post}", ["excerpt": "x"], by: "wmd"),
            .change("/blog/posts/{draft}", ["excerpt": "x"], by: "wmd", seenBy: "wmd"), .remove("/blog/posts/{post}", by: "wmd"),
            .remove("/blog/posts/{draft}", by: "wmd", seenBy: "wmd"),
            .fire("/blog/posts/{deleted-post}/restore", by: "md", seenBy: "wmd"),
            .inner("/blog/posts/{post}/revisions", by: "wmd", seenBy: all),
            .inner("/blog/posts/{draft}/revisions", by: "wmd", seenBy: "wmd"),
            .fire("/blog/posts/{post}/revisions/{post.revision}/restore", by: "wmd"),
            .fire("/blog/posts/{draft}/submit", by: "wmd", seenBy: "wmd"),
            .fire("/blog/posts/{post}/unpublish", by: "md"), .fire("/blog/posts/{draft}/publish", by: "wmd", seenBy: "wmd"),
            .fire("/blog/posts/{draft}/schedule", ["publish_at": "2100-01-01T00:00:00Z"], by: "wmd", seenBy: "wmd"),
            .put("/blog/posts/{post}/tags", ["{tag}"], by: "wmd"), .fire("/blog/posts/{post}/tags", ["id": "{tag}"], by: "wmd"),
            .remove("/blog/posts/{post-tags.id}/tags/{post-tags.tag}", by: "wmd"), .put("/blog/posts/{post}/attachments", [], by: "wmd"),
            .fire("/blog/posts/{post}/attachments", ["id": "{own-picture}"], by: "wmd"),
            .remove("/blog/posts/{post-attachments.id}/attachments/{post-attachments.picture}", by: "wmd"),
            .list("/blog/posts/{comment.post}/comments", ("comment", all)), .read("/blog/posts/{post.slug}/related", by: all),
            .read("/blog/posts/{post.slug}/same-category", by: all), .list("/blog/comments", ("comment", all), ("pending-comment", "rmd")),
            .read("/blog/comments/{comment}", by: all), .read("/blog/comments/{pending-comment}", by: "rmd"),
            .create("/blog/comments", ["post": "{post}", "content": "x"], by: signedIn), .remove("/blog/comments/{comment}", by: "rd"),
            .remove("/blog/comments/{pending-comment}", by: "rd", seenBy: "rmd"),
            .fire("/blog/comments/{deleted-comment}/restore", by: "md", seenBy: "rmd"),
            .fire("/blog/comments/{pending-comment}/approve", by: "md", seenBy: "rmd"),
            .fire("/blog/comments/{pending-comment}/spam", by: "md", seenBy: "rmd"),
            .fire("/blog/comments/{comment}/remove", by: "md"), .list("/blog/comments/{comment}/comments"),
            .list("/blog/pages", ("page", all), ("draft-page", "md")), .read("/blog/pages/{page}", by: all),
            .read("/blog/pages/{draft-page}", by: "md"), .create("/blog/pages", ["title": "x", "content": "y"], by: "d"),
            .change("/blog/pages/{page}", ["title": "x"], by: "d"),
            .change("/blog/pages/{draft-page}", ["title": "x"], by: "d", seenBy: "md"),
            .remove("/blog/pages/{page}", by: "d"), .fire("/blog/pages/{deleted-page}/restore", by: "d", seenBy: "md"),
            .list("/menus", ("menu", all)), .read("/menus/{menu}", by: all), .read("/menus/{menu.location}", by: all),
            .create("/menus", ["name": "x", "location": "sidebar"], by: "d"), .change("/menus/{menu}", ["name": "x"], by: "d"),
            .remove("/menus/{footer}", by: "d"), .list("/menus/{menu}/items", ("menu-item", all)),
            .list("/menu_items/{menu-item}/menu_items"), .gate("/dashboard", by: "d"),
            .gate("/stats?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", by: "d"),
        ]

    @Test("193 routes, 8 callers")
    func matrix() async throws {
        try await ExampleSite.run(.sevra, settings: ["collections.comments.limits.create=100000/m per user"]) { site in
            var callers: [(letter: Character, client: Client)] = [("a", site.anonymous)]
            for (letter, role, name) in [
                ("u", "USER", "Ali"), ("r", "USER", "Reza"), ("s", "SALON", "Elahe"), ("t", "ARTIST", "Roya"), ("w", "AUTHOR", "Nima"),
                ("m", "MODERATOR", "Mina"), ("d", "ADMIN", "Admin"),
            ] as [(Character, String, String)] {
                callers.append((letter, try await site.caller(.role(role), name)))
            }
            let people = Dictionary(uniqueKeysWithValues: callers.map { ($0.letter, $0.client) })
            let records = SevraRecords(site: site, people: people)
            let matrix = RouteMatrix(
                callers: callers, personal: ["document", "own-picture", "somebody"],
                routes: Self.people + Self.places + Self.directory + Self.community + Self.blog
            ) { try await records.make($0, for: $1) }
            try await matrix.walk()
            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            matrix.isWhole(
                document,
                apart: [
                    "/auth", "/me", "/media", "/batch", "/search", "/events", "/jobs", "/audit", "/admin", "/seo", "/health", "/metrics",
                ])
        }
    }
}

/// Makes what the matrix's table names, each time anew, in the hands of whom it belongs to.
private final class SevraRecords: Sendable {
    private let site: ExampleSite
    private let people: [Character: Client]
    private let number = Mutex(0)

    init(site: ExampleSite, people: [Character: Client]) {
        self.site = site
        self.people = people
    }

    /// A name that nothing has yet.
    private func fresh() -> String {
        number.withLock { number in
            number += 1
            return "Fresh \(number)"
        }
    }

    private func person(_ letter: Character) throws -> Client { try #require(people[letter]) }

    func make(_ record: String, for caller: Character) async throws -> [String: String] {
        let admin = try person("d")
        let moderator = try person("m")
        let name = fresh()
        /// Creates and gives the id.
        func made(_ letter: Character, _ path: String, _ body: JSONValue) async throws -> String {
            try await person(letter).make(path, body)
        }
        func id(_ other: String) async throws -> String { try await make(other, for: caller)["id"] ?? "none" }
        /// Makes another record and deletes it.
        func deleted(_ other: String, _ path: String) async throws -> [String: String] {
            let parts = try await make(other, for: caller)
            try await admin.delete("\(path)/\(parts["id"] ?? "none")")
            return parts
        }

        switch record {
        case "reviewer": return ["id": try person("r").id]
        case "somebody": return ["id": caller == "d" ? try await id("victim") : try person(caller == "a" ? "u" : caller).id]
        case "victim": return ["id": try await site.caller(.plain, String(name.filter { $0 != " " })).id]
        case "deleted-victim": return try await deleted("victim", "/users")
        case "author":
            let writer = try person("w").id
            let known = try await admin.get("/authors?user=\(writer)").rows.first?.id
            if let known { return ["id": known] }
            return ["id": try await made("d", "/authors", ["user": "\(writer)", "display_name": "Nima"])]
        case "spare-author": return ["id": try await made("d", "/authors", ["user": "\(try await id("victim"))", "display_name": "x"])]

        case "province": return ["id": try await made("d", "/provinces", ["name_fa": "\(name)", "name_en": "\(name)"])]
        case "city":
            let province = try await id("province")
            let body: JSONValue = ["name_fa": "\(name)", "name_en": "\(name)", "province": "\(province)"]
            return ["id": try await made("d", "/cities", body), "province": province]
        case "neighborhood":
            let city = try await id("city")
            return ["id": try await made("d", "/neighborhoods", ["name_fa": "\(name)", "city": "\(city)"]), "city": city]
        case "service-category": return ["id": try await made("d", "/service_categories", ["name_fa": "\(name)"])]
        case "service":
            let category = try await id("service-category")
            return ["id": try await made("d", "/services", ["name_fa": "\(name)", "category": "\(category)"]), "category": category]
        case "specialty": return ["id": try await made("d", "/specialties", ["name_fa": "\(name)"])]
        case "deleted-service-category": return try await deleted("service-category", "/service_categories")
        case "deleted-service": return try await deleted("service", "/services")
        case "deleted-specialty": return try await deleted("specialty", "/specialties")
        case "redirect":
            return ["id": try await made("d", "/redirects", ["from": "/\(name.filter { $0 != " " })", "to": "/x", "code": 301])]

        case "salon", "other-salon", "follow", "save":
            let salon = try await made("s", "/salons", ["name": "\(name)"])
            if record == "follow" { try await person("u").put("/follows/salons:\(salon)", nil, 201) }
            if record == "save" { try await person("u").put("/saves/salons:\(salon)", nil, 201) }
            return ["id": salon, "owner": try person("s").id]
        case "artist": return ["id": try await made("t", "/artists", ["full_name": "\(name)"]), "owner": try person("t").id]
        case "suspended-salon", "suspended-artist":
            let kind = String(record.dropFirst("suspended-".count))
            let parts = try await make(kind, for: caller)
            try await admin.patch("/\(kind)s/\(parts["id"] ?? "none")", ["status": "SUSPENDED"])
            return parts
        case "deleted-salon": return try await deleted("salon", "/salons")
        case "deleted-artist": return try await deleted("artist", "/artists")
        case "salon-gallery", "artist-gallery":
            let kind = String(record.prefix { $0 != "-" })
            let owner = try person(kind == "salon" ? "s" : "t")
            let picture = try await owner.upload(Sample.png, named: "a.png", kind: "image")
            let parent = try await id(kind)
            try await owner.put("/\(kind)s/\(parent)/gallery", ["\(picture)"])
            return ["id": parent, "picture": picture]
        case "salon-owners", "artist-owners":
            let kind = String(record.prefix { $0 != "-" })
            let parent = try await id(kind)
            let second = try person("u").id
            try await admin.fire("/\(kind)s/\(parent)/owners", ["id": "\(second)"])
            return ["id": parent, "second": second]
        case "salon-services", "salon-artists":
            let (kind, field) = record == "salon-services" ? ("service", "services") : ("artist", "artists")
            let (parent, member) = (try await id("salon"), try await id(kind))
            try await admin.put("/salons/\(parent)/\(field)", [["id": "\(member)"]])
            return ["id": parent, kind: member]
        case "artist-specialties":
            let (parent, member) = (try await id("artist"), try await id("specialty"))
            try await admin.put("/artists/\(parent)/specialties", ["\(member)"])
            return ["id": parent, "specialty": member]
        case "certification", "suspended-certification":
            let artist = try await id("artist")
            let id = try await made("t", "/certifications", ["artist": "\(artist)", "title": "x", "issuer": "y"])
            if record != "certification" { try await admin.patch("/artists/\(artist)", ["status": "SUSPENDED"]) }
            return ["id": id, "artist": artist]

        case "review-of-salon", "review-of-artist", "hidden-review", "deleted-review", "other-review", "vote":
            let kind = record == "review-of-artist" ? "artist" : "salon"
            let target = try await id(kind)
            let review = try await made("r", "/reviews", ["target": "\(kind)s:\(target)", "rating": 4])
            if record == "hidden-review" { try await moderator.patch("/reviews/\(review)", ["status": "HIDDEN"]) }
            if record == "deleted-review" { try await moderator.delete("/reviews/\(review)") }
            if record == "vote" { try await person("u").put("/votes/\(review)", ["is_like": true], 201) }
            return ["id": review, "target": target]
        case "report": return ["id": try await made("r", "/reports", ["target": "salons:\(try await id("salon"))", "reason": "x"])]
        case "document": return ["id": try await upload(for: caller == "a" ? "u" : caller, "document")]
        case "own-picture": return ["id": try await upload(for: caller == "a" ? "u" : caller, "image")]
        case "picture": return ["id": try await upload(for: "s", "image")]
        case "verification":
            let document = try await upload(for: "s", "document")
            let documents: JSONValue = [["label": "x", "file": "\(document)"]]
            return ["id": try await made("s", "/verifications", ["target": "salons:\(try await id("salon"))", "documents": documents])]
        case "reaction":
            let post = try await id("post")
            try await person("u").put("/reactions/posts:\(post)/like", nil, 201)
            return ["id": post]

        case "category": return ["id": try await made("d", "/blog/categories", ["name": "\(name)"])]
        case "tag": return ["id": try await made("d", "/blog/tags", ["name": "\(name)"])]
        case "series": return ["id": try await made("d", "/blog/series", ["title": "\(name)"])]
        case "deleted-category": return try await deleted("category", "/blog/categories")
        case "deleted-tag": return try await deleted("tag", "/blog/tags")
        case "deleted-series": return try await deleted("series", "/blog/series")
        case "draft", "post", "deleted-post", "post-tags", "post-attachments":
            _ = try await make("author", for: caller)
            let writer = try person("w")
            let post = try await writer.post("/blog/posts", ["title": "\(name)", "excerpt": "x", "content": "y"])
            var parts = ["id": post.id, "slug": post["slug"].string ?? "none", "revision": "1", "reaction": "love"]
            if record != "draft" { try await writer.fire("/blog/posts/\(post.id)/publish") }
            if record == "deleted-post" { try await writer.delete("/blog/posts/\(post.id)") }
            if record == "post-tags" {
                parts["tag"] = try await id("tag")
                try await writer.put("/blog/posts/\(post.id)/tags", ["\(parts["tag"] ?? "none")"])
            }
            if record == "post-attachments" {
                parts["picture"] = try await upload(for: "w", "image")
                try await writer.put("/blog/posts/\(post.id)/attachments", ["\(parts["picture"] ?? "none")"])
            }
            return parts
        case "comment", "pending-comment", "deleted-comment":
            let post = try await id("post")
            let comment = try await made("r", "/blog/comments", ["post": "\(post)", "content": "x"])
            if record == "comment" { try await moderator.fire("/blog/comments/\(comment)/approve") }
            if record == "deleted-comment" { try await person("r").delete("/blog/comments/\(comment)") }
            return ["id": comment, "post": post]
        case "page", "deleted-page":
            let page = try await made("d", "/blog/pages", ["title": "\(name)", "content": "y", "status": "published"])
            if record == "deleted-page" { try await admin.delete("/blog/pages/\(page)") }
            return ["id": page]
        case "draft-page": return ["id": try await made("d", "/blog/pages", ["title": "\(name)", "content": "y"])]
        case "menu", "footer":
            let location = record == "menu" ? "header" : "footer"
            let known = try await admin.get("/menus?location=\(location)").rows.first?.id
            let menu = if let known { known } else { try await made("d", "/menus", ["name": "x", "location": "\(location)"]) }
            return ["id": menu, "location": location]
        case "menu-item":
            return ["id": try await made("d", "/menu_items", ["menu": "\(try await id("menu"))", "label": "x", "url": "/x"])]
        default:
            Issue.record("the table names \(record), which nothing makes")
            return [:]
        }
    }

    private func upload(for letter: Character, _ kind: String) async throws -> String {
        let file = kind == "image" ? Sample.png : Sample.pdf
        return try await person(letter).upload(file, named: kind == "image" ? "a.png" : "a.pdf", kind: kind)
    }
}
