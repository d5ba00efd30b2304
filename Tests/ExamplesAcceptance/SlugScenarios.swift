import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S07 Slugs and what happens when they change")
struct SlugScenarios {
    @Test("Made of names, unique, well formed")
    func slugs() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let anon = site.anonymous

            func slug(_ name: String) async throws -> String {
                try await so.post("/salons", ["name": "\(name)"])["slug"].string ?? "none"
            }

            // 1: one form for what people take for the same
            for (name, expected) in [
                ("آرایشگاه  مریم", "آرایشگاه-مریم"), ("Café Über!", "cafe-uber"), ("--a--b--", "a-b"), ("Two Words", "two-words"),
            ] {
                #expect(try await slug(name) == expected, "\(name)")
            }
            for (first, second) in [
                ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("كيك", "کیک"), ("سالن ۱۲", "سالن 12"), ("سالن ٣", "سالن ۳"),
                ("re\u{301}sume\u{301}", "r\u{E9}sum\u{E9}"),
            ] {
                let base = try await slug(first)
                #expect(!base.unicodeScalars.contains { $0.value < 33 || $0 == "\u{200C}" || $0 == "/" }, "\(base)")
                #expect(try await slug(second) == base + "-2", "\(first), then \(second)")
                try await anon.get("/salons/\(base)", has: ["name": "\(first)"])
            }

            // 2: the same name again, one after the other and all at once
            #expect(try await slug("گل سرخ") == "گل-سرخ")
            #expect(try await slug("گل سرخ") == "گل-سرخ-2")
            #expect(try await slug("گل سرخ") == "گل-سرخ-3")
            let made = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await slug("یکی") } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(made.count == 20 && made.allSatisfy { $0.hasPrefix("یکی") }, "\(made.sorted())")

            // 3: slugs that somebody chose
            try await so.post("/salons", ["name": "Taken", "slug": "two-words"], 409, at: ["slug"])
            for slug in ["../x", "A B", "", "-", "a/b", "a?b", "a#b", "a%b", "\(String(repeating: "x", count: 300))", "💅"] {
                try await so.post("/salons", ["name": "Bad", "slug": "\(slug)"], 400, at: ["slug"])
            }
            try await so.post("/salons", ["name": "💅💅"], 400, at: ["slug"])
            try await so.post("/salons", ["name": "💅💅", "slug": "nails"], has: ["slug": "nails"])
            let long = try await slug(String(repeating: "واژه ", count: 51))
            #expect(long.unicodeScalars.count <= 255 && !long.hasSuffix("-"))

            // 4: a slug never stands before a route or an id
            try await admin.post("/specialties", ["name_fa": "x", "slug": "0190a5c0-0000-7000-8000-000000000000"], 400, at: ["slug"])
            let answer = try await admin.tries(.POST, "/specialties", ["name_fa": "Reorder"])
            #expect(answer.status == 201 || answer.status == 400, "\(answer.status)")
            let second = try await admin.make("/specialties", ["name_fa": "Second"])
            let ids = try await anon.ids("/specialties")
            if answer.status == 201 {
                try await anon.get("/specialties/\(answer.id)", has: ["id": "\(answer.id)"])
                #expect(ids == [answer.id, second])
            }
            try await admin.fire("/specialties/reorder", ["ids": .array(ids.reversed().map { .string($0) })])
            #expect(try await anon.ids("/specialties") == ids.reversed())
        }
    }

    @Test("Changed: the old place leads to the new one")
    func changed() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let anon = site.anonymous
            let salon = try await so.make("/salons", ["name": "a"])

            /// 301 to the same collection under another slug.
            func moved(_ from: String, _ to: String) async throws {
                try await anon.get("/salons/\(from)", 301) {
                    $0.header("location").hasSuffix("/api/v1/salons/\(to)")
                }
            }
            func resolve(_ path: String, _ expected: JSONValue) async throws {
                let answer = try await anon.get("/redirects/resolve?path=\(path.percentEncoded)")
                #expect(expected == .null ? answer.data == .null : answer.data.holds(expected), "\(path): \(answer.data.text)")
            }

            // 5
            try await so.patch("/salons/\(salon)", ["slug": "b"], has: ["slug": "b"])
            try await anon.get("/salons/b", has: ["id": "\(salon)"])
            try await moved("a", "b")
            try await resolve("/atlas/salon/a", ["to": "/atlas/salon/b", "code": 301])
            try await resolve("/atlas/salon/b", .null)
            try await resolve("/atlas/salon/never", .null)
            try await anon.get("/salons/never", 404)
            // No chains; and who takes an old slug has it.
            try await so.patch("/salons/\(salon)", ["slug": "c"])
            try await moved("a", "c")
            try await moved("b", "c")
            try await resolve("/atlas/salon/a", ["to": "/atlas/salon/c", "code": 301])
            let other = try await so.post("/salons", ["name": "a"], has: ["slug": "a"]).id
            try await anon.get("/salons/a", has: ["id": "\(other)"])
            try await resolve("/atlas/salon/a", .null)
            // Back again: no circle.
            try await so.patch("/salons/\(salon)", ["slug": "b"])
            try await anon.get("/salons/b", has: ["id": "\(salon)"])
            try await moved("c", "b")
            // What cannot be read is not given away by its old name.
            try await admin.patch("/salons/\(salon)", ["status": "SUSPENDED"])
            try await anon.get("/salons/c", 404)

            // 6: unique inside a province only
            let tehran = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            let fars = try await admin.make("/provinces", ["name_fa": "فارس", "name_en": "Fars"])
            let body: JSONValue = ["name_fa": "شهریار", "name_en": "Shahriar", "province": "\(tehran)"]
            let city = try await admin.post("/cities", body, has: ["slug": "shahriar"]).id
            try await admin.post(
                "/cities", ["name_fa": "شهریار", "name_en": "Shahriar", "province": "\(fars)"],
                has: ["slug": "shahriar", "seo": ["canonical": "https://sevra.ir/atlas/city/fars/shahriar"]])
            try await admin.post("/cities", body, has: ["slug": "shahriar-2"])
            try await admin.post("/cities", ["name_fa": "x", "slug": "shahriar", "province": "\(tehran)"], 409)
            try await admin.patch("/cities/\(city)", ["slug": "new-shahriar"])
            try await resolve("/atlas/city/tehran/shahriar", ["to": "/atlas/city/tehran/new-shahriar", "code": 301])
            try await resolve("/atlas/city/fars/shahriar", .null)
            // Old slugs are resolved segment by segment.
            try await admin.patch("/provinces/\(fars)", ["slug": "pars"])
            try await resolve("/atlas/city/fars/shahriar", ["to": "/atlas/city/pars/shahriar", "code": 301])
            try await anon.get("/provinces/fars", 301) { $0.header("location").hasSuffix("/provinces/pars") }
        }
    }
}
