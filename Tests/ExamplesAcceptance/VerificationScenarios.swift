import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S13 Verification")
struct VerificationScenarios {
    @Test("Applied for with a licence, rejected, applied for again, granted")
    func verification() async throws {
        try await ExampleSite.run(.sevra) { site in
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let anon = site.anonymous
            let salon = try await so.make("/salons", ["name": "Elahe"])
            let second = try await so.make("/salons", ["name": "Second"])
            let licence = try await so.upload(Sample.pdf, named: "licence.pdf", kind: "document")
            let stranger = try await u1.upload(Sample.pdf, named: "mine.pdf", kind: "document")
            func body(_ file: String, _ salon: String) -> JSONValue {
                ["target": "salons:\(salon)", "documents": [["label": "licence", "file": "\(file)"]]]
            }
            func standing(_ verification: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                try await anon.get("/salons/\(salon)", has: ["verification": "\(verification)"], sourceLocation: sourceLocation)
            }

            // 1, 2: by an owner, with documents of his own
            try await u1.post("/verifications", body(stranger, salon), 403)
            try await anon.post("/verifications", body(stranger, salon), 401)
            try await so.post("/verifications", body(stranger, salon), 400, at: ["documents[0].file"])
            try await so.post("/verifications", ["target": "salons:\(salon)"], 400, at: ["documents"])
            try await so.post("/verifications", ["target": "salons:\(salon)", "documents": []], 400, at: ["documents"])
            try await so.post("/verifications", ["target": "salons:\(salon)", "documents": .null], 400, at: ["documents"])
            let created = try await anon.get("//openapi.json").json?["components"]?["schemas"]?["CreateVerification"] ?? .null
            #expect(created["required"]?.array?.contains("documents") == true, "\(created["required"]?.text ?? "nothing")")
            let documents = created["properties"]?["documents"] ?? .null
            #expect(documents["minItems"] == 1 && documents["type"] == "array", "\(documents.text)")
            try await so.post(
                "/verifications", ["target": "salons:\(salon)", "documents": [["file": "\(licence)", "page": 1]]], 400,
                at: ["documents[0].label", "documents[0].page"])
            let image = try await so.upload(Sample.png, named: "a.png", kind: "image")
            try await so.post("/verifications", body(image, salon), 400, at: ["documents[0].file"])
            try await standing("NONE")
            let first = try await so.post(
                "/verifications", body(licence, salon),
                has: ["status": "PENDING", "requested_by": "\(so.id)", "target": "salons:\(salon)", "reviewed_by": .null]
            ).id
            try await standing("PENDING")

            // 3: one at a time
            try await so.post("/verifications", body(licence, salon), 409)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                let application = body(licence, second)
                for _ in 0..<5 { group.addTask { try await so.tries(.POST, "/verifications", application).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [201, 409, 409, 409, 409])

            // 4: decided by staff
            try await so.fire("/verifications/\(first)/approve", [:], 403)
            try await u1.fire("/verifications/\(first)/approve", [:], 404)
            try await m.fire("/verifications/\(first)/reject", nil, 400)
            try await m.fire("/verifications/\(first)/reject", [:], 400, at: ["notes"])
            try await m.fire("/verifications/\(first)/reject", ["notes": "blurred", "by": "me"], 400, at: ["by"])
            try await standing("PENDING")
            try await m.fire(
                "/verifications/\(first)/reject", ["notes": "blurred"],
                has: ["status": "REJECTED", "notes": "blurred", "reviewed_by": "\(m.id)"])
            try await standing("REJECTED")
            try await so.get("/verifications/\(first)", has: ["status": "REJECTED", "notes": "blurred"])
            try await u1.get("/verifications/\(first)", 404)
            try await anon.get("/verifications/\(first)", 401)

            // 5: what was decided stays so; one may apply again
            try await m.fire("/verifications/\(first)/approve", [:], 409, "INVALID_TRANSITION")
            let again = try await so.make("/verifications", body(licence, salon))
            try await standing("PENDING")
            #expect(try await anon.ids("/salons?verified=true") == [])

            // 6: by the transitions alone
            try await so.patch("/salons/\(salon)", ["verification": "VERIFIED"], 403, "FIELD_FORBIDDEN", at: ["verification"])
            try await m.patch("/verifications/\(again)", ["status": "VERIFIED"], 409, "INVALID_TRANSITION") {
                $0.json?["error"]?.text.contains("approve") == true
            }
            try await standing("PENDING")
            try await m.fire("/verifications/\(again)/approve", [:], has: ["status": "VERIFIED", "reviewed_by": "\(m.id)"])
            try await standing("VERIFIED")
            #expect(try await anon.ids("/salons?verified=true") == [salon])

            // 7: the licence, through the record that holds it
            for path in ["/media/\(licence)", "/media/\(licence)/content", "/media/\(licence)/status"] {
                try await anon.get(path, 404)
                try await u1.get(path, 404)
                try await so.get(path)
                try await m.get(path)
            }
            let content = try await m.get("/media/\(licence)/content")
            #expect(content.body == Sample.pdf && content.header("content-type") == "application/pdf")
            #expect(content.header("cache-control").contains("private") || content.header("cache-control").contains("no-store"))
        }
    }
}
