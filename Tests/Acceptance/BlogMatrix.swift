import Harness
import JSON
import NIOHTTP1
import Synchronization
import Testing

/// Callers: a anonymous, u a reader, w the author of the posts, o another author, d an administrator. The table is written by hand from the
/// rules that a person reads in atlas.toml.example.
@Suite("The example blog: every route as every caller")
struct BlogMatrix {
    private static let all = "auwod"

    private static let routes: [Route] = [
        .list("/users", closed: true, ("reader", "ud")), .read("/users/{reader}", by: "ud", closed: true),
        .change("/users/{reader}", ["name": "x"], by: "ud", seenBy: "ud"),

        .list("/posts", ("post", all), ("draft", "wd")), .read("/posts/{post}", by: all), .read("/posts/{post.slug}", by: all),
        .read("/posts/{draft}", by: "wd"), .create("/posts", ["title": "Fresh", "body": "x"], by: "wod"),
        .change("/posts/{post}", ["body": "x"], by: "wd"), .change("/posts/{draft}", ["body": "x"], by: "wd", seenBy: "wd"),
        .remove("/posts/{post}", by: "wd"), .remove("/posts/{draft}", by: "wd", seenBy: "wd"),
        .fire("/posts/{draft}/publish", by: "wd", seenBy: "wd"), .fire("/posts/{post}/unpublish", by: "d"),
        .fire("/posts/{post}/archive", by: "d"), .fire("/posts/{draft}/archive", by: "d", seenBy: "wd"),
        .put("/posts/{post}/tags", ["{tag}"], by: "wd"), .put("/posts/{draft}/tags", ["{tag}"], by: "wd", seenBy: "wd"),
        .fire("/posts/{post}/tags", ["{tag}"], by: "wd"), .remove("/posts/{tagged}/tags/{tagged.tag}", by: "wd"),
        .list("/posts/{comment.post}/comments", ("comment", all)),

        .list("/comments", ("comment", all), ("pending", "ud")), .read("/comments/{comment}", by: all),
        .read("/comments/{pending}", by: "ud"), .create("/comments", ["post": "{post}", "body": "x"], by: "uwod"),
        .remove("/comments/{comment}", by: "ud"), .remove("/comments/{pending}", by: "ud", seenBy: "ud"),
        .fire("/comments/{pending}/approve", by: "d", seenBy: "ud"), .fire("/comments/{comment}/spam", by: "d"),

        .list("/tags", ("tag", all)), .read("/tags/{tag}", by: all), .create("/tags", ["name": "{fresh}"], by: "d"),
        .change("/tags/{tag}", ["name": "{fresh}"], by: "d"), .remove("/tags/{tag}", by: "d"),
    ]

    @Test("Whoever the rules admit gets through, and nobody else")
    func matrix() async throws {
        try await Site.run { site in
            func client(_ caller: Caller?) -> Client { Client(api: site.api, caller: caller) }
            let (reader, author, admin) = (client(site.reader), client(site.author), client(site.admin))
            let number = Mutex(0)
            let matrix = RouteMatrix(
                callers: [
                    ("a", client(nil)), ("u", reader), ("w", author), ("o", client(site.otherAuthor)), ("d", admin),
                ], personal: ["fresh"], routes: Self.routes
            ) { record, _ in
                let name = number.withLock { number in
                    number += 1
                    return "Name \(number)"
                }
                switch record {
                case "fresh": return ["id": name]
                case "reader": return ["id": reader.id]
                case "post", "draft":
                    let post = try await author.post("/posts", ["title": "\(name)", "body": "x"])
                    if record == "post" { try await author.fire("/posts/\(post.id)/publish") }
                    return ["id": post.id, "slug": post["slug"].string ?? "none"]
                case "comment", "pending":
                    let post = try await author.make("/posts", ["title": "\(name)", "body": "x"])
                    try await author.fire("/posts/\(post)/publish")
                    let comment = try await reader.make("/comments", ["post": "\(post)", "body": "x"])
                    if record == "comment" { try await admin.fire("/comments/\(comment)/approve") }
                    return ["id": comment, "post": post]
                case "tagged":
                    let tag = try await admin.make("/tags", ["name": "\(name)"])
                    let post = try await author.make("/posts", ["title": "\(name)", "body": "x", "tags": ["\(tag)"]])
                    try await author.fire("/posts/\(post)/publish")
                    return ["id": post, "tag": tag]
                case "tag": return ["id": try await admin.make("/tags", ["name": "\(name)"])]
                default:
                    Issue.record("the table names \(record), which nothing makes")
                    return [:]
                }
            }
            try await matrix.walk()
            let document = try await client(nil).get("//openapi.json").json ?? .null
            matrix.isWhole(document, apart: ["/auth", "/me", "/media", "/batch", "/jobs", "/posts/{id}/restore"])
        }
    }
}
