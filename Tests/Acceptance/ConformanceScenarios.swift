import Harness
import JSON
import NIOHTTP1
import Testing

/// The checker of transcripts is itself held to account: it passes what the program answers, and fails what its document does not say.
@Suite("Transcripts: what was answered is what /openapi.json describes")
struct ConformanceScenarios {
    @Test("A walk through the blog conforms; an answer that was tampered with does not")
    func blog() async throws {
        try await Site.run { site in
            let api = API(port: site.program.port, transcript: Transcript())
            let author = Client(api: api, caller: site.author)
            let anonymous = Client(api: api, caller: nil)
            let post = try await author.post("/posts", ["title": "Hello", "body": "First."], has: ["slug": "hello", "comment_count": 0]).id
            try await author.patch("/posts/\(post)", ["title": "Again"], has: ["title": "Again"])
            try await author.patch("/posts/\(post)", ["status": "published"], 409, "INVALID_TRANSITION")
            try await author.post("/posts", ["titel": "x"], 400, at: ["titel", "title", "body"])
            try await anonymous.post("/posts", ["title": "x", "body": "y"], 401)
            try await anonymous.get("/posts/\(post)", 404)
            try await anonymous.get("/nothing", 404)
            try await author.ask(.PUT, "/posts", ["a": 1], 405, "METHOD_NOT_ALLOWED")
            try await anonymous.post("/auth/login", ["email": "reader@example.com", "password": "\(Site.password)"], 200)
            let rows = try await author.get("/posts?page_size=5").rows
            #expect(rows.map(\.id) == [post])
            try await author.delete("/posts/\(post)")
            try await api.transcript?.check(api, in: site.program.directory)
            #expect(try #require(api.transcript).count == 11)

            let document = try site.program.directory.read("openapi.json")
            let lines = String(decoding: try site.program.directory.read("transcript.jsonl"), as: UTF8.self)
            let tampered = [
                (#"\"comment_count\":0"#, #"\"comment_count\":\"0\""#), (#""status":409"#, #""status":418"#),
                ("page_size=5", "paeg_size=5"),
            ]
            for (old, new) in tampered {
                #expect(lines.contains(old), "\(old)")
                let changed = lines.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
                let verdict = try await Transcript.verdict(
                    on: changed, against: String(decoding: document, as: UTF8.self), in: site.program.directory)
                #expect(verdict.status == 1, "\(new): \(verdict.output)")
            }
        }
    }

    @Test("What an answer must hold: subsets of objects, whole lists, numbers by value")
    func matching() {
        let value: JSONValue = ["a": 1, "b": ["c", "d"], "e": ["f": .number("4.50"), "g": .null]]
        for holds: JSONValue in [["a": 1.0], ["e": ["f": 4.5]], ["b": ["c", "d"], "e": ["g": .null]], [:]] {
            #expect(value.holds(holds), "\(holds.text)")
        }
        for fails: JSONValue in [["a": "1"], ["b": ["c"]], ["b": ["d", "c"]], ["e": ["h": .null]], ["a": .null], [1]] {
            #expect(!value.holds(fails), "\(fails.text)")
        }
        #expect(value.names == ["a", "b", "e", "f", "g"] && value.at("e.f").number == 4.5 && value.at("e.x.y") == .null)
    }
}
