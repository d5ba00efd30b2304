import Harness
import JSON
import Testing

@Suite("S21 Taxonomy: trees, order, removal")
struct TaxonomyScenarios {
    @Test("Categories, places and menus, kept by administrators")
    func taxonomy() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let u1 = try await site.caller(.plain, "Ali")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let anon = site.anonymous
            try await admin.post("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            let path = "/blog/categories"
            func ids(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

            // 1: a tree
            var made: [String] = []
            for name in ["One", "Two", "Three"] { made.append(try await admin.make(path, ["name": "\(name)"])) }
            made.append(try await admin.post(path, ["name": "Four", "parent": "\(made[0])"], has: ["slug": "four"]).id)
            try await anon.get(path + "?tree=true") { answer in
                answer.rows.map(\.id) == Array(made.prefix(3)) && answer.rows[0]["children"]?.array?.map(\.id) == [made[3]]
                    && answer.rows[1]["children"]?.array?.isEmpty != false
            }
            #expect(try await anon.ids(path) == made)
            #expect(try await anon.ids(path + "?parent=\(made[0])") == [made[3]])
            try await admin.patch("\(path)/\(made[0])", ["parent": "\(made[0])"], 409)
            try await admin.patch("\(path)/\(made[0])", ["parent": "\(made[3])"], 409)
            try await admin.patch("\(path)/\(made[1])", ["parent": "\(made[3])"])
            try await admin.patch("\(path)/\(made[0])", ["parent": "\(made[1])"], 409)
            try await admin.patch("\(path)/\(made[1])", ["parent": .null])
            try await u1.post(path, ["name": "Mine"], 403)
            try await anon.post(path, ["name": "Mine"], 401)

            // 2: all of the order, or nothing of it
            try await u1.fire(path + "/reorder", ["ids": ids(made.reversed())], 403)
            try await anon.fire(path + "/reorder", ["ids": ids(made)], 401)
            try await admin.fire(path + "/reorder", ["ids": ids(made.reversed())])
            #expect(try await anon.ids(path) == made.reversed())
            for bad in [["0190a5c0-0000-7000-8000-000000000000", made[0]], [made[0], made[0]], ["x"]] {
                try await admin.fire(path + "/reorder", ["ids": ids(bad)], 400)
            }
            try await admin.fire(path + "/reorder", [:], 400, at: ["ids"])
            #expect(try await anon.ids(path) == made.reversed())
            // A part of them exchanges the places that it holds: now 3 2 1 0.
            try await admin.fire(path + "/reorder", ["ids": ids([made[0], made[2]])])
            #expect(try await anon.ids(path) == [made[3], made[0], made[1], made[2]])
            let last = try await admin.make(path, ["name": "Last"])
            #expect(try await anon.ids(path).last == last)

            // 3: slugs
            for slug in ["Ünïcode", "a_b", String(repeating: "a", count: 51)] {
                try await admin.post(path, ["name": "x", "slug": "\(slug)"], 400, at: ["slug"])
            }
            try await admin.post(path, ["name": "x", "slug": "one"], 409, at: ["slug"])
            try await admin.patch("\(path)/\(last)", ["slug": "one"], 409, at: ["slug"])

            // 4: what is in use
            let post = try await au.make(
                "/blog/posts", ["title": "P", "excerpt": "x", "content": "<p>y</p>", "category": "\(made[0])"])
            try await au.fire("/blog/posts/\(post)/publish")
            try await anon.get("/blog/posts/\(post)", has: ["category": "\(made[0])", "expanded": ["category": ["name": "One"]]])
            try await admin.delete("\(path)/\(made[0])")
            try await anon.get("\(path)/\(made[0])", 404)
            try await anon.get("/blog/posts/\(post)", has: ["category": "\(made[0])", "expanded": ["category": .null]])
            #expect(try await anon.ids("/blog/posts?category=one") == [])
            try await anon.get("\(path)/\(made[3])", has: ["name": "Four"])
            try await au.patch("/blog/posts/\(post)", ["title": "Still"], has: ["title": "Still"])
            try await au.patch("/blog/posts/\(post)", ["category": "\(made[0])", "title": "No"], 400, at: ["category"])
            try await admin.fire("\(path)/\(made[0])/restore")
            try await anon.get("/blog/posts/\(post)", has: ["expanded": ["category": ["name": "One"]]])
            let province = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            let city = try await admin.make("/cities", ["name_fa": "تهران", "name_en": "Tehran", "province": "\(province)"])
            let empty = try await admin.make("/cities", ["name_fa": "ری", "name_en": "Rey", "province": "\(province)"])
            let quarter = try await admin.make("/neighborhoods", ["name_fa": "x", "city": "\(empty)"])
            let salon = try await so.make("/salons", ["name": "S", "city": "\(city)"])
            try await admin.delete("/cities/\(city)", 409, "IN_USE")
            try await admin.delete("/provinces/\(province)", 409, "IN_USE")
            try await anon.get("/cities/\(city)")
            try await anon.get("/neighborhoods/\(quarter)")
            try await admin.delete("/cities/\(empty)")
            try await anon.get("/neighborhoods/\(quarter)", 404)
            try await so.patch("/salons/\(salon)", ["city": .null])
            try await admin.delete("/provinces/\(province)")
            try await anon.get("/cities/\(city)", 404)

            // 5: a menu is a tree in its order
            let menu = try await admin.make("/menus", ["name": "Top", "location": "header"])
            var items: [String] = []
            for (label, parent) in [("Home", nil), ("Blog", nil), ("Care", 1)] as [(String, Int?)] {
                let above: JSONValue = parent.map { .string(items[$0]) } ?? .null
                items.append(
                    try await admin.make(
                        "/menu_items", ["menu": "\(menu)", "label": "\(label)", "url": "/\(label.lowercased())", "parent": above]))
            }
            func menuItems() async throws -> [JSONValue] { try await anon.get("/menus/header").data.at("expanded.items").array ?? [] }
            var shown = try await menuItems()
            #expect(shown.map(\.id) == [items[0], items[1]], "\(shown)")
            #expect(shown.last?["children"]?.array?.map(\.id) == [items[2]])
            try await admin.fire("/menu_items/reorder", ["ids": ids([items[1], items[0]])])
            shown = try await menuItems()
            #expect(shown.map(\.id) == [items[1], items[0]])
            #expect(try await anon.get("/menus/\(menu)/items").rows.count == 3)
            try await admin.post("/menus", ["name": "Second", "location": "header"], 409)
            try await admin.post("/menus", ["name": "Nowhere", "location": "ceiling"], 400, at: ["location"])
            try await anon.get("/menus/footer", 404)
            try await admin.delete("/menus/header")
            try await anon.get("/menus/header", 404)
            for item in items { try await anon.get("/menu_items/\(item)", 404) }
        }
    }
}
