import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S06 A salon and its owners")
struct SalonScenarios {
    @Test("Made, read, owned by several, served and deleted")
    func salon() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            let u3 = try await site.caller(.plain, "Omid")
            let anon = site.anonymous
            let province = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            let city = try await admin.make("/cities", ["name_fa": "تهران", "name_en": "Tehran", "province": "\(province)"])
            let quarter = try await admin.make("/neighborhoods", ["name_fa": "ونک", "city": "\(city)"])
            let category = try await admin.make("/service_categories", ["name_fa": "مو"])
            var services: [String] = []
            for name in ["کوتاهی", "رنگ", "عروس"] {
                services.append(try await admin.make("/services", ["name_fa": "\(name)", "category": "\(category)"]))
            }
            let avatar = try await so.upload(Sample.png, named: "me.png", kind: "image")

            // 1: who may not
            try await u1.post("/salons", ["name": "Mine"], 403)
            try await anon.post("/salons", ["name": "Mine"], 401)

            // 2: what the server adds
            let body: JSONValue = ["name": "سالن الهه", "city": "\(city)", "price_tier": 3]
            let made = try await so.post(
                "/salons", body,
                has: [
                    "name": "سالن الهه", "slug": "سالن-الهه", "owners": ["\(so.id)"], "primary_owner": "\(so.id)", "rating_avg": 0,
                    "review_count": 0, "verification": "NONE", "status": "ACTIVE", "women_only": false, "city": "\(city)", "version": 1,
                ]
            ) { $0.header("location").hasSuffix("/api/v1/salons/\($0.id)") }
            let salon = made.id

            // 3: faults, each at its path, and all of them together
            let badHours: JSONValue = ["sat": [["from": "25:00", "to": "10:00"]]]
            let refused: [(body: JSONValue, paths: [String])] = [
                (["price_tier": 3], ["name"]), (["name": "x", "price_tier": 7], ["price_tier"]),
                (["name": "x", "location": ["lat": 91, "lng": 51]], ["location.lat"]),
                (["name": "x", "website": "javascript:alert(1)"], ["website"]), (["name": "x", "hours": badHours], ["hours.sat[0].from"]),
                (
                    [
                        "price_tier": 7, "location": ["lat": 91, "lng": 51], "website": "javascript:alert(1)", "hours": badHours,
                        "nmae": "x",
                    ],
                    ["name", "price_tier", "location.lat", "website", "hours.sat[0].from", "nmae"]
                ),
            ]
            for (body, paths) in refused { try await so.post("/salons", body, 400, at: paths) }
            for (name, value) in [("rating_avg", 5), ("owners", ["\(so.id)"]), ("primary_owner", "\(u1.id)")] as [(String, JSONValue)] {
                let body = JSONValue.object([JSONMember(name: "name", value: "x"), JSONMember(name: name, value: value)])
                try await so.post("/salons", body, 403, "FIELD_FORBIDDEN", at: [name])
            }
            try await so.post("/salons", ["name": "x", "rating_avg": 5, "price_tier": 7], 400, at: ["price_tier"])
            #expect(try await admin.get("/salons").total == 1, "nothing of all that was kept")

            // 4: what anybody reads
            try await so.patch(
                "/salons/\(salon)", ["avatar": "\(avatar)", "neighborhood": "\(quarter)", "phone": "021 8888 8888"],
                has: ["avatar": ["id": "\(avatar)", "kind": "image"]])
            try await so.put("/salons/\(salon)/services", [["id": "\(services[0])"]])
            let read = try await anon.get(
                "/salons/سالن-الهه",
                has: [
                    "id": "\(salon)", "city": "\(city)", "avatar": ["id": "\(avatar)"],
                    "expanded": [
                        "city": ["id": "\(city)", "name_fa": "تهران"], "neighborhood": ["id": "\(quarter)", "name_fa": "ونک"],
                        "services": [["id": "\(services[0])", "name_fa": "کوتاهی"]],
                    ],
                ])
            #expect(read.data.names.isDisjoint(with: ["email", "password", "username", "uploader"]), "\(read.data.text)")
            // The picture may have been made ready in between.
            let same = try await anon.get("/salons/\(salon)").data
            #expect(same["id"] == read.data["id"] && same["expanded"] == read.data["expanded"], "by id as by slug: \(same.text)")

            // 5: owners
            try await u2.patch("/salons/\(salon)", ["summary": "mine now"], 403)
            try await anon.patch("/salons/\(salon)", ["summary": "mine now"], 401)
            try await so.patch("/salons/\(salon)", ["summary": "good"], has: ["summary": "good"])
            try await so.fire("/salons/\(salon)/owners", ["id": "\(u2.id)"], has: ["owners": ["\(so.id)", "\(u2.id)"]])
            try await u2.patch("/salons/\(salon)", ["summary": "better"], has: ["summary": "better"])
            try await u2.fire("/salons/\(salon)/owners", ["id": "\(u3.id)"], 403, "FIELD_FORBIDDEN")
            try await u2.patch("/salons/\(salon)", ["owners": ["\(u2.id)"]], 403, "FIELD_FORBIDDEN", at: ["owners"])
            try await u2.delete("/salons/\(salon)/owners/\(so.id)", 403, "FIELD_FORBIDDEN")
            try await so.delete("/salons/\(salon)/owners/\(u2.id)")
            try await u2.patch("/salons/\(salon)", ["summary": "mine again"], 403)
            try await so.delete("/salons/\(salon)/owners/\(so.id)", 400)
            try await so.put("/salons/\(salon)/owners", [], 400)
            try await anon.get("/salons/\(salon)", has: ["owners": ["\(so.id)"], "summary": "better"])

            // 6: members with what is said of them
            func offered() async throws -> JSONValue { try await anon.get("/salons/\(salon)")["services"] }
            let two: JSONValue = [["id": "\(services[0])", "notes": "با برند X"], ["id": "\(services[1])"]]
            try await so.put("/salons/\(salon)/services", two)
            #expect(
                try await offered().holds([["id": "\(services[0])", "notes": "با برند X"], ["id": "\(services[1])", "notes": .null]]))
            try await so.fire("/salons/\(salon)/services", ["id": "\(services[2])"])
            try await so.fire("/salons/\(salon)/services", ["id": "\(services[1])", "notes": "گران"])
            #expect(
                try await offered().holds([["id": "\(services[0])"], ["id": "\(services[1])", "notes": "گران"], ["id": "\(services[2])"]]))
            try await so.delete("/salons/\(salon)/services/\(services[0])")
            try await so.delete("/salons/\(salon)/services/\(services[0])", 404)
            let before = try await offered()
            let unknown: JSONValue = ["id": "0190a5c0-0000-7000-8000-000000000000"]
            try await so.put("/salons/\(salon)/services", [["id": "\(services[0])"], unknown], 400)
            try await so.fire("/salons/\(salon)/services", unknown, 400)
            try await so.put("/salons/\(salon)/services", [["id": "\(services[0])", "price": 1]], 400)
            #expect(try await offered() == before)
            try await u2.put("/salons/\(salon)/services", [], 403)
            try await anon.put("/salons/\(salon)/services", [], 401)

            // 7: deleted, and gone at once for everybody
            try await anon.get("/salons/\(salon)")
            try await u2.delete("/salons/\(salon)", 403)
            try await so.delete("/salons/\(salon)")
            for caller in [anon, u2, so, admin] {
                try await caller.get("/salons/\(salon)", 404)
                try await caller.get("/salons/سالن-الهه", 404)
                #expect(try await caller.ids("/salons") == [])
                #expect(try await caller.ids("/salons?q=الهه") == [])
            }
            #expect(try await admin.ids("/salons?deleted=only") == [salon])
            for caller in [anon, so] {
                let answer = try await caller.tries(.GET, "/salons?deleted=only")
                #expect([401, 403].contains(answer.status) || answer.rows.isEmpty, "\(caller.name): \(answer.status)")
            }
            try await so.fire("/salons/\(salon)/restore", nil, 403)
            try await u2.fire("/salons/\(salon)/restore", nil, 404)
            try await admin.fire("/salons/\(salon)/restore", nil, has: ["status": "ACTIVE", "slug": "سالن-الهه"])
            try await anon.get("/salons/سالن-الهه", has: ["id": "\(salon)"])

            // In between its slug is anybody's.
            try await so.delete("/salons/\(salon)")
            let other = try await so.post("/salons", ["name": "سالن الهه"], has: ["slug": "سالن-الهه"]).id
            try await admin.fire("/salons/\(salon)/restore", nil, 409)
            try await anon.get("/salons/سالن-الهه", has: ["id": "\(other)"])
            try await so.delete("/salons/\(other)")
            try await admin.fire("/salons/\(salon)/restore", nil, has: ["status": "ACTIVE"])
        }
    }
}
