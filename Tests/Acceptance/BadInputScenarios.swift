import Glibc
import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

@Suite("Bad input: refused whole, with every fault, and nothing stored")
struct BadInputScenarios {
    /// One refused request: what is sent, and what must be answered.
    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var method = HTTPMethod.POST
        var path: String
        /// Sent as it is.
        var body: String
        var contentType = "application/json"
        var status = 400
        var code = "VALIDATION_ERROR"
        /// Paths in `error.details`; nil: not looked at.
        var faults: [String]?

        var testDescription: String { name }
    }

    static let refused: [Refused] = [
        Refused(name: "no JSON", path: "/posts", body: "{\"title\": "),
        Refused(name: "no object", path: "/posts", body: "[1, 2]"),
        Refused(name: "two members of one name", path: "/posts", body: #"{"title": "a", "title": "b", "body": "c"}"#),
        Refused(name: "no UTF-8", path: "/posts", body: "{\"title\": \"\\ud800\", \"body\": \"c\"}"),
        Refused(name: "nested deeper than 64", path: "/posts", body: String(repeating: "[", count: 5_000)),
        Refused(name: "unknown field", path: "/posts", body: #"{"title": "a", "body": "b", "titel": "c"}"#, faults: ["titel"]),
        Refused(name: "wrong types, all listed", path: "/posts", body: #"{"title": 7, "body": ["x"]}"#, faults: ["body", "title"]),
        Refused(name: "nothing that is required", path: "/posts", body: "{}", faults: ["body", "title"]),
        Refused(
            name: "too long and unknown", path: "/posts",
            body: #"{"title": "\#(String(repeating: "x", count: 5_000))", "body": "b", "zzz": 1}"#,
            faults: ["title", "zzz"]),
        Refused(name: "U+0000", path: "/posts", body: #"{"title": "a\u0000b", "body": "b"}"#, faults: ["title"]),
        Refused(
            name: "a reference to nothing", path: "/posts",
            body: #"{"title": "a", "body": "b", "tags": ["0190a5c0-0000-7000-8000-000000000000"]}"#, faults: ["tags[0]"]),
        Refused(
            name: "a server's field: id", path: "/posts", body: #"{"title": "a", "body": "b", "id": "x"}"#, status: 403,
            code: "FIELD_FORBIDDEN", faults: ["id"]),
        Refused(
            name: "form data where JSON is due", path: "/posts", body: "title=a", contentType: "application/x-www-form-urlencoded",
            status: 415, code: ""),
        Refused(
            name: "a body beyond 1 MiB", path: "/posts", body: #"{"title": "\#(String(repeating: "x", count: 1_200_000))"}"#, status: 413,
            code: ""),
        Refused(
            name: "sign-up without a password", path: "/auth/signup", body: #"{"email": "x@example.com", "name": "X"}"#,
            faults: ["password"]),
        Refused(
            name: "sign-up with faults in every field", path: "/auth/signup",
            body: #"{"email": "not an address", "password": "short", "nme": "X"}"#,
            faults: ["email", "name", "nme", "password"]),
    ]

    @Test("Every fault is listed and no row appears")
    func bodies() async throws {
        try await Site.run { site in
            let api = site.api
            for scenario in Self.refused {
                try await api.expect(
                    scenario.method, scenario.path, as: scenario.path.hasPrefix("/auth") ? nil : site.author,
                    bytes: Array(scenario.body.utf8),
                    headers: ["content-type": scenario.contentType], status: scenario.status
                ) { answer in
                    (scenario.code.isEmpty || answer.code == scenario.code) && (scenario.faults == nil || answer.faults == scenario.faults)
                }
            }
            #expect(try await api.count("/posts", as: site.admin) == 0)
            #expect(try await api.count("/users", as: site.admin) == 4)
            // Stamped, computed and driven fields are the server's: sending them is refused, never dropped.
            for field in ["author", "comment_count", "published_at", "status", "created_at", "version"] {
                let body: JSONValue = .object([
                    JSONMember(name: "title", value: "a"), JSONMember(name: "body", value: "b"), JSONMember(name: field, value: "x"),
                ])
                let answer = Answer(try await send(body, to: api, as: site.author))
                #expect((400...403).contains(answer.status), "\(field): \(answer.status)")
            }
            #expect(try await api.count("/posts", as: site.admin) == 0)
        }
    }

    private func send(_ body: JSONValue, to api: API, as caller: Caller) async throws -> RawAnswer {
        let text = body.text
        let exchange = try await api.open(
            .POST, "/posts", as: caller, length: text.utf8.count, headers: ["content-type": "application/json"])
        await exchange.send(.init(string: text))
        return try await exchange.finish()
    }

    @Test("A computed number out of range is refused, and what is drawn at random is new each time")
    func computed() async throws {
        let directory = try Directory()
        try directory.write(
            """
            [app]
            name = "Sums"

            [collections.sums.allow]
            read = "true"
            create = "true"

            [collections.sums.fields]
            a = { type = "int", required = true }
            b = { type = "int", required = true }
            product = { type = "int", compute = "a * b" }
            code = { type = "string", stamp = "random(12)" }
            """, to: "atlas.toml")
        let program = try await Program(directory)
        let api = API(port: program.port)
        try await api.expect(.POST, "/sums", body: ["a": 9_000_000_000_000_000, "b": 9_000_000_000_000_000], status: 400)
        #expect(try await api.count("/sums", as: nil) == 0)
        var codes: Set<String> = []
        for _ in 0..<2 {
            let answer = try await api.expect(.POST, "/sums", body: ["a": 6, "b": -7], status: 201) {
                $0.json?["data"]?["product"]?.integer == -42
            }
            let code = try #require(answer.text("code"))
            #expect(code.utf8.count == 12)
            codes.insert(code)
        }
        #expect(codes.count == 2)
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
    }

    @Test("Files that are not what they say")
    func files() async throws {
        try await Site.run { site in
            let api = site.api
            let photograph = try await Photograph.jpeg(width: 640, height: 480)
            let before = site.program.directory.files(in: "data/files").count
            let refused: [(name: String, bytes: [UInt8], statuses: Set<Int>)] = [
                ("text.jpg", Array("I am a text, whatever my name says.\n".utf8), [400, 415]),
                ("empty.jpg", [], [400]),
                ("script.jpg", Array("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".utf8), [400, 415]),
                // libvips would read this as a matrix.
                ("matrix.jpg", Array("2 2\n1 2\n3 4\n".utf8), [400, 415]),
                ("head.jpg", Array(photograph.prefix(20)), [400, 415]),
            ]
            for file in refused {
                let status = file.statuses.min() ?? 400
                let answer = try await api.uploadUnchecked(file.bytes, named: file.name, as: site.author)
                #expect(file.statuses.contains(answer.status), "\(file.name): \(answer.status) instead of \(status)")
                #expect(answer.json?["success"] == false && answer.code != nil, "\(file.name)")
            }
            #expect(site.program.directory.files(in: "data/files").count == before, "nothing stored")

            // A photograph whose end is missing has a whole head: refused at once or failed by its job, with a reason.
            let truncated = try await api.uploadUnchecked(
                Array(photograph.prefix(photograph.count / 2)), named: "half.jpg", as: site.author)
            if truncated.status == 202, let id = truncated.text("id") {
                let answer = try await api.eventually("/media/\(id)", as: site.author) {
                    ["COMPLETED", "FAILED"].contains($0.text("status"))
                }
                #expect(answer.text("status") == "FAILED" && answer.data["variants"]?.members?.isEmpty != false)
            } else {
                #expect(truncated.status == 400)
            }
            try await api.upload(photograph, named: "p.jpg", as: nil, status: 401)
            try await api.upload(photograph, named: "p.jpg", kind: "nonsense", as: site.author, status: 400)
            try await api.upload(photograph + [UInt8](repeating: 0, count: 24 << 20), named: "large.jpg", as: site.author, status: 413)
            try await api.upload(photograph, named: "../../../etc/passwd", as: site.author, status: 202)
            #expect(try Directory.read("/etc/passwd").prefix(4) == Array("root".utf8)[...])
        }
    }

    @Test("Paths and methods that are not there")
    func paths() async throws {
        try await Site.run { site in
            let api = site.api
            for path in ["/nothing", "//nothing", "/posts/x/y/z", "/posts/%F0%9F%92%A9", "/media/none", "//api", "//api/v2/posts"] {
                try await api.expect(.GET, path, as: site.admin, status: 404) { $0.code == "NOT_FOUND" }
            }
            for path in ["/../../etc/passwd", "/posts/..%2f..%2fetc", "/posts/%00", "/posts/a%5cb", "//%2e%2e/x"] {
                let answer = Answer(try await api.open(.GET, path).finish())
                #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
            }
            try await api.expect(.DELETE, "/posts", as: site.admin, status: 405) {
                $0.headers.first(name: "allow")?.contains("GET") == true
            }
            try await api.expect(.GET, "/posts?q=" + String(repeating: "x", count: 9_000), status: 414)
            try await api.expect(.GET, "/posts", headers: ["x-large": String(repeating: "x", count: 20_000)], status: 431)
        }
    }
}

extension API {
    /// An upload whose outcome the caller judges.
    func uploadUnchecked(_ file: [UInt8], named name: String, as caller: Caller) async throws -> Answer {
        let (body, type) = Self.multipart(file, named: name, kind: "image")
        let exchange = try await open(.POST, "/media", as: caller, length: body.count, headers: ["content-type": type])
        await exchange.send(.init(bytes: body))
        return Answer(try await exchange.finish())
    }
}
