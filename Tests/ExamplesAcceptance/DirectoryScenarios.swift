import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S09 The directory: filters, order, pages")
struct DirectoryScenarios {
    /// One salon of the seed, and what a person would say of it: the expected answers are made of this, not of the answers.
    private struct Row {
        var number: Int
        var id = ""
        var city: Int { number % 3 }
        var province: Int { city == 2 ? 1 : 0 }
        var tier: Int { number % 4 + 1 }
        var isForWomen: Bool { number.isMultiple(of: 2) }
        var isVerified: Bool { number.isMultiple(of: 3) }
        var hasBridal: Bool { number % 5 < 2 }
        var rating: Int? { [nil, 5, 4, 3][number % 4] }
        var isSeen: Bool { number < 23 }
        var name: String { number == 7 ? "کاشت ناخن یاس ۱۲" : "Salon " + String(UnicodeScalar(UInt8(97 + number))) }
    }

    @Test("25 salons: every filter, every order, every page")
    func directory() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let anon = site.anonymous
            var provinces: [String] = []
            for (persian, latin) in [("تهران", "Tehran"), ("فارس", "Fars")] {
                provinces.append(try await admin.make("/provinces", ["name_fa": "\(persian)", "name_en": "\(latin)"]))
            }
            var cities: [String] = []
            for (name, province) in [("Rey", 0), ("Karaj", 0), ("Shiraz", 1)] {
                cities.append(
                    try await admin.make(
                        "/cities", ["name_fa": "\(name)", "name_en": "\(name)", "province": "\(provinces[province])"]))
            }
            let category = try await admin.make("/service_categories", ["name_fa": "Care"])
            let bridal = try await admin.make("/services", ["name_fa": "Bridal makeup", "category": "\(category)"])
            let nails = try await admin.make("/services", ["name_fa": "Nails", "category": "\(category)"])

            var rows: [Row] = []
            for number in 0..<25 {
                var row = Row(number: number)
                let services: JSONValue = row.hasBridal ? [["id": "\(nails)"], ["id": "\(bridal)"]] : [["id": "\(nails)"]]
                row.id = try await so.make(
                    "/salons",
                    [
                        "name": "\(row.name)", "city": "\(cities[row.city])", "price_tier": .integer(Int64(row.tier)),
                        "women_only": .bool(row.isForWomen), "services": services,
                    ])
                if row.isVerified { try await admin.patch("/salons/\(row.id)", ["verification": "VERIFIED"]) }
                if let rating = row.rating {
                    try await u1.post("/reviews", ["target": "salons:\(row.id)", "rating": .integer(Int64(rating))])
                }
                rows.append(row)
            }
            let (suspended, deleted) = (rows[23].id, rows[24].id)
            try await admin.patch("/salons/\(suspended)", ["status": "SUSPENDED"], has: ["status": "SUSPENDED"])
            try await so.delete("/salons/\(deleted)")

            /// A filter as people say it, and the rows it must give.
            func expect(_ query: String, _ wanted: (Row) -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                let expected = rows.filter { $0.isSeen && wanted($0) }.map(\.id)
                let found = try await anon.ids("/salons?\(query)", sourceLocation: sourceLocation)
                #expect(Set(found) == Set(expected) && found.count == expected.count, "\(query)", sourceLocation: sourceLocation)
            }

            // 1: filters, alone and together
            try await expect("province=tehran") { $0.province == 0 }
            try await expect("city=shiraz") { $0.city == 2 }
            try await expect("city=\(cities[2])") { _ in false }
            try await expect("service=bridal-makeup") { $0.hasBridal }
            try await expect("verified=true") { $0.isVerified }
            try await expect("verified=false") { !$0.isVerified }
            try await expect("min_rating=4") { $0.rating ?? 0 >= 4 }
            try await expect("min_review_count=1") { $0.rating != nil }
            try await expect("price_tier=1,2") { $0.tier <= 2 }
            try await expect("verification=VERIFIED") { $0.isVerified }
            try await expect("province=fars&city=rey") { _ in false }
            let all = "province=tehran&service=bridal-makeup&verified=true&min_rating=4&women_only=true&price_tier=3"
            try await expect(all) { row in
                row.province == 0 && row.hasBridal && row.isVerified && row.rating ?? 0 >= 4 && row.isForWomen && row.tier == 3
            }
            #expect(try await anon.ids("/salons?\(all)") == [rows[6].id])

            // 2: order and pages
            for sort in ["-rating_avg", "rating_avg", "-review_count", "-created_at", "created_at", "-updated_at", "id", ""] {
                let query = sort.isEmpty ? "" : "sort=\(sort)&"
                var seen: [JSONValue] = []
                for (page, count) in [(1, 10), (2, 10), (3, 3)] {
                    try await anon.get("/salons?\(query)page=\(page)&page_size=10") { answer in
                        seen += answer.rows
                        return answer.rows.count == count && answer.total == 23
                            && answer.json?["meta"]?["pagination"]?["total_pages"] == 3
                    }
                }
                #expect(Set(seen.map(\.id)).count == 23, "\(sort): no row twice")
                let field = sort.isEmpty ? "created_at" : String(sort.drop { $0 == "-" })
                let falls = sort.isEmpty || sort.hasPrefix("-")
                for (a, b) in zip(seen, seen.dropFirst()) {
                    let inOrder =
                        if let x = a[field]?.number, let y = b[field]?.number { falls ? x >= y : x <= y } else {
                            falls ? a[field]?.string ?? "" >= b[field]?.string ?? "" : a[field]?.string ?? "" <= b[field]?.string ?? ""
                        }
                    #expect(inOrder, "\(sort): \(a.id), then \(b.id)")
                }
                // A cursor walks the same rows in the same order, without totals.
                var walked: [String] = []
                var cursor = ""
                for _ in 0..<4 {
                    let answer = try await anon.get("/salons?\(query)page_size=10&cursor=\(cursor.percentEncoded)") { $0.total == nil }
                    walked += answer.rows.map(\.id)
                    guard let next = answer.json?["meta"]?["pagination"]?["next_cursor"]?.string else { break }
                    cursor = next
                }
                #expect(walked == seen.map(\.id), "\(sort) by cursor")
            }

            // 3: what is refused, by name
            for query in [
                "min_rating=abc", "price_tier=9", "price_tier=1,9", "sort=owners.phone", "unknown=1", "page=0", "page_size=1000",
                "verified=maybe", "status=NONSENSE", "cursor=nonsense", "name=x", "sort=name", "expand=nothing", "fields=nothing",
            ] {
                try await anon.get("/salons?\(query)", 400, at: [String(query.prefix { $0 != "=" })])
            }
            try await anon.get("/salons?min_rating=abc&price_tier=9&unknown=1", 400, at: ["min_rating", "price_tier", "unknown"])

            // 4: a filter never shows more than the rule
            #expect(try await anon.ids("/salons?status=SUSPENDED") == [])
            #expect(try await u1.ids("/salons?status=SUSPENDED") == [])
            #expect(try await admin.ids("/salons?status=SUSPENDED") == [suspended])
            #expect(try await so.ids("/salons?status=SUSPENDED") == [suspended], "an owner sees his own")

            // 5: suspended by an administrator alone
            try await so.patch("/salons/\(rows[0].id)", ["status": "SUSPENDED"], 403, "FIELD_FORBIDDEN", at: ["status"])
            try await anon.get("/salons/\(rows[0].id)", has: ["status": "ACTIVE"])
            try await admin.patch("/salons/\(rows[0].id)", ["status": "SUSPENDED"], has: ["status": "SUSPENDED"])
            try await anon.get("/salons/\(rows[0].id)", 404)
            #expect(try await anon.get("/salons").total == 22)
            try await admin.patch("/salons/\(rows[0].id)", ["status": "ACTIVE"])

            // 6: letters of SQL and of patterns are letters. (A slug cannot have them: refused, or nobody's.)
            for value in ["' OR 1=1 --", "%", "_", "\\", "\"", "*", "a' --"] {
                for name in ["city", "province", "service"] {
                    let answer = try await anon.tries(.GET, "/salons?\(name)=\(value.percentEncoded)")
                    #expect(answer.status == 400 || answer.status == 200 && answer.rows.isEmpty, "\(name)=\(value): \(answer.status)")
                }
                if !value.contains("a") { #expect(try await anon.ids("/salons?q=\(value.percentEncoded)") == [], "q=\(value)") }
            }
            for query in ["NEAR(a b)", "name:Salon", "Salon*", "\"Salon", "Salon AND", "^Salon", "-Salon"] {
                _ = try await anon.tries(.GET, "/salons?q=\(query.percentEncoded)")
            }

            // 7: one spelling finds the other
            for query in ["کاشت", "كاشت", "ياس", "یاس", "کاشت\u{200C}ناخن", "کاشت ناخن", "12", "۱۲", "١٢", "ناخن یاس ۱۲"] {
                #expect(try await anon.ids("/salons?q=\(query.percentEncoded)") == [rows[7].id], "\(query)")
            }
            #expect(try await anon.ids("/salons?q=نیست") == [])
            #expect(try await anon.ids("/salons?q=\("یاس".percentEncoded)&city=shiraz") == [], "city \(rows[7].city)")
        }
    }
}
