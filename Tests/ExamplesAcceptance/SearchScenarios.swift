import Harness
import JSON
import Testing

@Suite("S06 S09 S16 Search over several collections: every hit passes its list rule")
struct SearchScenarios {
    @Test("Found in any spelling, only by whom the list would show it to")
    func search() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let artist = try await site.caller(.role("ARTIST"), "Roya")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let au2 = try await site.caller(.role("AUTHOR"), "Sara")
            let anon = site.anonymous
            for person in [au, au2] { try await admin.post("/authors", ["user": "\(person.id)", "display_name": "\(person.name)"]) }
            let salon = try await so.make("/salons", ["name": "کاشت ناخن یاس ۱۲"])
            let face = try await artist.make("/artists", ["full_name": "یاس"])
            let post = try await au.make("/blog/posts", ["title": "راهنمای ناخن", "excerpt": "یاس", "content": "<p>متن</p>"])

            /// What a caller finds, by collection.
            func found(_ query: String, _ caller: Client) async throws -> [String: [String]] {
                let answer = try await caller.get("/search?q=\(query.percentEncoded)")
                return (answer.data.members ?? []).reduce(into: [:]) { table, member in
                    let ids = (member.value.array ?? []).map(\.id)
                    if !ids.isEmpty { table[member.name] = ids }
                }
            }
            for query in ["یاس", "ياس"] {
                #expect(try await found(query, anon) == ["salons": [salon], "artists": [face]], "\(query)")
                #expect(try await found(query, au2) == ["salons": [salon], "artists": [face]], "another's draft: \(query)")
                #expect(try await found(query, au) == ["salons": [salon], "artists": [face], "posts": [post]], "\(query)")
            }
            for query in ["كاشت", "کاشت\u{200C}ناخن", "12"] { #expect(try await found(query, anon) == ["salons": [salon]], "\(query)") }
            try await au.fire("/blog/posts/\(post)/publish")
            #expect(try await found("راهنما", anon) == ["posts": [post]])
            try await au.patch("/blog/posts/\(post)", ["visibility": "unlisted"])
            #expect(try await found("راهنما", anon) == [:])
            try await so.delete("/salons/\(salon)")
            #expect(try await found("یاس", anon) == ["artists": [face]])
            try await admin.fire("/salons/\(salon)/restore")
            try await so.patch("/salons/\(salon)", ["name": "نام دیگر"])
            #expect(try await found("کاشت", anon) == [:])
            #expect(try await found("دیگر", anon) == ["salons": [salon]])
            try await anon.get("/search", 400, at: ["q"])
            for query in ["\"", "NEAR(", "name:x", "*", "%", "' OR 1=1 --"] { #expect(try await found(query, anon) == [:], "\(query)") }
        }
    }

    @Test("The sitemap has what is public, verified salons before others")
    func sitemap() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            try await admin.post("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            let province = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            for (name, landing) in [("Rey", true), ("Karaj", false)] {
                try await admin.post(
                    "/cities", ["name_fa": "x", "name_en": "\(name)", "province": "\(province)", "landing": .bool(landing)])
            }
            let verified = try await so.make("/salons", ["name": "Verified"])
            try await admin.patch("/salons/\(verified)", ["verification": "VERIFIED"])
            try await so.post("/salons", ["name": "Plain"])
            let deleted = try await so.make("/salons", ["name": "Deleted"])
            try await so.delete("/salons/\(deleted)")
            for title in ["Seen", "Unlisted", "Draft"] {
                let post = try await au.make("/blog/posts", ["title": "\(title)", "excerpt": "x", "content": "<p>y</p>"])
                if title != "Draft" { try await au.fire("/blog/posts/\(post)/publish") }
                if title == "Unlisted" { try await au.patch("/blog/posts/\(post)", ["visibility": "unlisted"]) }
            }
            try await admin.fire("/seo/sitemap/rebuild", nil, 202)
            func priority(_ path: String, in text: String) -> String? {
                let parts = text.components("<loc>https://sevra.ir\(path)</loc>")
                let rest = parts.count == 2 ? parts[1].components("<priority>").dropFirst().first : nil
                return rest?.components("</priority>").first
            }
            let wanted = [
                "/atlas/province/tehran": "0.9", "/atlas/city/tehran/rey": "0.8", "/atlas/salon/verified": "0.7",
                "/atlas/salon/plain": "0.5",
                "/blog/post/seen": "0.6",
            ]
            let map = try await site.anonymous.eventually("//sitemap.xml") { answer in
                let text = String(decoding: answer.body, as: UTF8.self)
                return answer.status == 200 && wanted.allSatisfy { priority($0.key, in: text) == $0.value }
            }
            let text = String(decoding: map.body, as: UTF8.self)
            for hidden in ["karaj", "deleted", "unlisted", "draft"] { #expect(!text.contains(hidden), "\(hidden)") }
        }
    }
}

extension String {
    /// The pieces between occurrences of a separator.
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
