import Harness
import JSON
import Testing

@Suite("S05 Own profile, forbidden fields, roles")
struct ProfileScenarios {
    @Test("Everybody changes what is his, the server's fields are refused, a role acts at once")
    func profile() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            let anon = site.anonymous
            let province = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            let city = try await admin.make("/cities", ["name_fa": "تهران", "name_en": "Tehran", "province": "\(province)"])

            // 1: one's own profile
            try await u1.patch("/me", ["first_name": "علی", "city": "\(city)"], has: ["first_name": "علی", "city": "\(city)"])
            try await u1.get("/me", has: ["id": "\(u1.id)", "first_name": "علی", "city": "\(city)", "role": "USER"])

            // 2: what is not his, and nothing of the same body applied
            let refused: [(JSONValue, Int, String, String)] = [
                (["first_name": "No", "role": "ADMIN"], 403, "FIELD_FORBIDDEN", "role"),
                (["first_name": "No", "status": "ACTIVE"], 403, "FIELD_FORBIDDEN", "status"),
                (["first_name": "No", "referral_code": "X"], 403, "FIELD_FORBIDDEN", "referral_code"),
                (["first_name": "No", "username": "x"], 403, "FIELD_FORBIDDEN", "username"),
                (["first_name": "No", "email": "x@example.com"], 403, "FIELD_FORBIDDEN", "email"),
                (["first_name": "No", "phone": "+989121234567"], 403, "FIELD_FORBIDDEN", "phone"),
                (["first_name": "No", "password": "Another password 9"], 403, "FIELD_FORBIDDEN", "password"),
                (["first_name": "No", "is_staff": true], 400, "VALIDATION_ERROR", "is_staff"),
                // 3: bad values, at their path
                (["first_name": "No", "city": "0190a5c0-0000-7000-8000-000000000000"], 400, "VALIDATION_ERROR", "city"),
                (["first_name": "No", "city": "tehran"], 400, "VALIDATION_ERROR", "city"),
                (["first_name": "No", "gender": "X"], 400, "VALIDATION_ERROR", "gender"),
                (["first_name": "No", "bio": "\(String(repeating: "x", count: 2_001))"], 400, "VALIDATION_ERROR", "bio"),
            ]
            for (body, status, code, path) in refused {
                try await u1.patch("/me", body, status, code, at: [path])
                try await u1.patch("/users/\(u1.id)", body, status, code, at: [path])
            }
            try await u1.get("/me", has: ["first_name": "علی", "city": "\(city)", "gender": "UNSPECIFIED", "role": "USER"])
            try await anon.patch("/me", ["first_name": "x"], 401)
            try await anon.get("/me", 401)

            // 4: who sees whom
            #expect(try await u1.ids("/users") == [u1.id])
            try await u1.get("/users/\(u2.id)", 404)
            try await u1.patch("/users/\(u2.id)", ["first_name": "x"], 404)
            try await u1.delete("/users/\(u1.id)", 403)
            try await anon.get("/users", 401)
            try await admin.get("/users?q=ali&role=USER&page=1&page_size=2") { answer in
                answer.rows.map(\.id) == [u1.id] && answer.total == 1
                    && answer.json?["meta"]?["pagination"] == ["page": 1, "page_size": 2, "total_items": 1, "total_pages": 1]
            }
            #expect(try await admin.get("/users?role=USER&page_size=1").total == 2)
            let me = try await u1.get("/me").data
            #expect(me.names.isDisjoint(with: ["password", "password_hash", "code"]))

            // 5: a role is asked at each request, not when the token was made
            try await u1.post("/salons", ["name": "Mine"], 403)
            try await admin.patch("/users/\(u1.id)", ["role": "SALON"], has: ["role": "SALON"])
            let salon = try await u1.post("/salons", ["name": "Mine"], has: ["owners": ["\(u1.id)"]]).id

            // 6: a stranger sees a card
            let review = try await u2.post("/reviews", ["target": "salons:\(salon)", "rating": 5])
            let listed = try await u1.get("/reviews?target=salons:\(salon)").rows
            #expect(listed.map(\.id) == [review.id])
            let author = listed.first?.at("expanded.author") ?? .null
            #expect(author["id"] == "\(u2.id)" && author["first_name"] == "Sara" && author["last_name"] == "Test")
            #expect(author.names.isDisjoint(with: ["phone", "email", "username", "role", "city"]), "\(author.text)")
            let own = try await u2.get("/reviews/\(review.id)").data
            #expect(own.at("expanded.author.username") == "sara", "oneself in full: \(own.text)")

            // 7: what is not declared is refused
            for query in ["sort=phone", "phone=%2B989121234567", "email=sara@example.com", "username=sara", "sort=password"] {
                let name = String(query.prefix { $0 != "=" })
                try await u1.get("/users?\(query)", 400, at: [name])
            }
        }
    }
}
