import Glibc
import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

@Suite("Media: an upload becomes its variants")
struct MediaScenarios {
    @Test("A 12-megapixel photograph: 202, a job, WebP variants under immutable URLs")
    func photograph() async throws {
        try await Site.run { site in
            let api = site.api
            let photograph = try await Photograph.jpeg(width: 4000, height: 3000)
            let accepted = try await api.upload(photograph, named: "IMG_0042.JPG", as: site.author, status: 202) { answer in
                answer.text("id") != nil && answer.text("status") != "FAILED" && answer.text("mime") == "image/jpeg"
            }
            let id = try #require(accepted.text("id"))
            let media = try await api.completed(id, as: site.author)
            #expect(media["width"] == 4000 && media["height"] == 3000 && media["size"] == .integer(Int64(photograph.count)))
            #expect(media["thumbhash"]?.string?.isEmpty == false && media["color"]?.string?.isEmpty == false)
            let variants = try #require(media["variants"]?.members)
            #expect(!variants.isEmpty)
            for variant in variants {
                let url = try #require(variant.value["url"]?.string)
                #expect(variant.value["mime"] == "image/webp")
                let file = try await api.file(url)
                // RIFF….WEBP
                #expect(Array(file.body.prefix(4)) == Array("RIFF".utf8) && Array(file.body.dropFirst(8).prefix(4)) == Array("WEBP".utf8))
                #expect(file.headers.first(name: "content-type") == "image/webp")
                #expect(file.headers.first(name: "cache-control")?.contains("immutable") == true)
                #expect(file.headers.first(name: "x-content-type-options") == "nosniff")
                #expect(variant.value["size"] == .integer(Int64(file.body.count)))
                #expect((variant.value["width"]?.integer ?? .max) <= 4000, "never enlarged")
                let tag = try #require(file.headers.first(name: "etag"))
                try await api.expect(.GET, "/" + url.path, headers: ["if-none-match": tag], status: 304)
                let range = Answer(try await api.open(.GET, "/" + url.path, headers: ["range": "bytes=0-3"]).finish())
                #expect(range.status == 206 && range.body == Array("RIFF".utf8))
            }

            // The same bytes again are the same files.
            let before = site.program.directory.files(in: "data/files").count
            let again = try #require(try await api.upload(photograph, named: "copy.jpg", as: site.author, status: 202).text("id"))
            _ = try await api.completed(again, as: site.author)
            #expect(site.program.directory.files(in: "data/files").count == before)

            // A cover must be an image that is there; one in use cannot be deleted.
            let post = try await api.createPost("With a cover", as: site.author)
            let postID = try #require(post["id"]?.string)
            try await api.expect(.PATCH, "/posts/\(postID)", as: site.author, body: ["cover": .string(id)], status: 200)
            try await api.expect(.DELETE, "/media/\(id)", as: site.author, status: 409) { $0.code == "IN_USE" }
            try await api.expect(
                .PATCH, "/posts/\(postID)", as: site.author, body: ["cover": "0190a5c0-0000-7000-8000-000000000000"], status: 400
            ) { $0.faults == ["cover"] }
        }
    }

    @Test("An upload sent twice with one Idempotency-Key: one file, the same answer; another body is 409")
    func repeated() async throws {
        try await Site.run { site in
            let api = site.api
            func upload(
                _ file: [UInt8], named name: String = "a.png", key: String = "up-1", boundary: String = "one", title: String = "A",
                as caller: Caller = site.author, status: Int, sourceLocation: SourceLocation = #_sourceLocation,
                check: (Answer) -> Bool = { _ in true }
            ) async throws -> Answer {
                let parts: [(String, [UInt8])] = [
                    ("name=\"title\"", Array(title.utf8)), ("name=\"kind\"", Array("image".utf8)),
                    ("name=\"file\"; filename=\"\(name)\"", file),
                ]
                var body: [UInt8] = []
                for (head, content) in parts {
                    body += Array("--\(boundary)\r\ncontent-disposition: form-data; \(head)\r\n\r\n".utf8) + content + [0x0D, 0x0A]
                }
                body += Array("--\(boundary)--\r\n".utf8)
                return try await api.expect(
                    .POST, "/media", as: caller, bytes: body,
                    headers: ["content-type": "multipart/form-data; boundary=\(boundary)", "idempotency-key": key], status: status,
                    sourceLocation: sourceLocation, check: check)
            }
            let first = try await upload(Sample.png, status: 202)
            let again = try await upload(Sample.png, boundary: "two", status: 202)
            #expect(again.data == first.data && again.headers["location"] == first.headers["location"])
            #expect(try await api.count("/media", as: site.author) == 1)
            // Its variants are files as well.
            _ = try await api.eventually("/media/\(first.text("id") ?? "")/status", as: site.author) { $0.text("status") != "PENDING" }
            let files = site.program.directory.files(in: "data/files").count
            let isMismatch: (Answer) -> Bool = { $0.code == "IDEMPOTENCY_MISMATCH" }
            _ = try await upload(Sample.pdf, status: 409, check: isMismatch)
            _ = try await upload(Sample.png, named: "b.png", status: 409, check: isMismatch)
            _ = try await upload(Sample.png, title: "B", status: 409, check: isMismatch)
            #expect(site.program.directory.files(in: "data/files").count == files, "a refused body leaves nothing")
            // Of somebody else, and elsewhere, it is another key.
            let other = try await upload(Sample.png, as: site.otherAuthor, status: 202)
            #expect(other.text("id") != first.text("id"))
            _ = try await api.expect(
                .POST, "/posts", as: site.author, body: ["title": "Title", "body": "b"], headers: ["idempotency-key": "up-1"], status: 201)
            // A refusal is no answer to keep, and a key must be one.
            _ = try await upload(Array("no image".utf8), key: "up-2", status: 415)
            _ = try await upload(Sample.png, key: "up-2", status: 202)
            _ = try await upload(Sample.png, key: "a b", status: 400) { $0.faults == ["Idempotency-Key"] }
            // Many at once.
            let before = try await api.count("/media", as: site.author)
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 { group.addTask { try await upload(Sample.png, key: "many", status: 202).text("id") } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await api.count("/media", as: site.author) == before.map { $0 + 1 })
        }
    }

    @Test("W28.2 Texts, sounds and documents: by content, served as what they are and nothing that runs")
    func otherKinds() async throws {
        let kinds = """
            [collections.users.fields]
            role = { type = "enum", values = ["USER"], default = "USER", write = "false" }
            [media.audio]
            accept = ["audio/mpeg", "audio/wav"]
            visibility = "private"
            allow = "me != null"
            [media.document]
            accept = ["text/csv", "text/plain", "application/json", "application/zip"]
            max = "2KB"
            visibility = "private"
            allow = "me != null"
            """
        // MPEG 1 layer III, 128 kbit/s at 44.1 kHz: frames of 417 bytes.
        let frame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 413)
        let sound = frame + frame + frame + frame
        try await OwnSite.run(kinds, users: ["sara": "USER"]) { site in
            let (api, sara) = (site.api, site["sara"])
            func taken(_ file: [UInt8], _ name: String, _ kind: String, as type: String, served: String) async throws {
                let answer = try await api.upload(file, named: name, kind: kind, as: sara, status: 202) {
                    $0.text("mime") == type && $0.text("status") == "COMPLETED"
                }
                let content = try await api.expect(.GET, "/media/\(answer.text("id") ?? "")/content", as: sara, status: 200)
                #expect(content.body == file && content.headers.first(name: "content-type") == served)
                #expect(content.headers.first(name: "content-disposition")?.hasPrefix("attachment") == true)
                #expect(content.headers.first(name: "content-security-policy")?.contains("sandbox") == true)
            }
            try await taken(sound, "a.exe", "audio", as: "audio/mpeg", served: "audio/mpeg")
            try await taken(Array("name,سلام\n".utf8), "a.csv", "document", as: "text/csv", served: "text/csv; charset=utf-8")
            try await taken(Array("[1]".utf8), "a.txt", "document", as: "application/json", served: "application/json")
            let before = site.program.directory.files(in: "data").count
            let refused: [([UInt8], String, String)] = [
                (Array("MZ\u{90}\0\u{3}\0\0\0".utf8), "a.mp3", "audio"), (Array("just words".utf8), "a.mp3", "audio"),
                (sound, "a.txt", "document"), (Array("a\0b".utf8), "a.txt", "document"),
                (Array("<html><script>alert(1)</script>".utf8), "a.txt", "document"),
                (Array(" <svg xmlns='http://www.w3.org/2000/svg'/>".utf8), "a.csv", "document"),
            ]
            for (file, name, kind) in refused {
                try await api.upload(file, named: name, kind: kind, as: sara, status: 415) { $0.faults == ["file"] }
            }
            try await api.upload([UInt8](repeating: 0x61, count: 2_001), named: "a.txt", kind: "document", as: sara, status: 413)
            #expect(site.program.directory.files(in: "data").count == before, "what is refused leaves nothing")
        }
    }

    @Test("Killed in the middle of the work and started again: exactly one set of variants")
    func killed() async throws {
        let photograph = try await Photograph.jpeg(width: 4000, height: 3000)
        var undisturbed: [Int64] = []
        try await Site.run { site in
            let id = try #require(try await site.api.upload(photograph, named: "a.jpg", as: site.author, status: 202).text("id"))
            _ = try await site.api.completed(id, as: site.author)
            undisturbed = site.program.directory.files(in: "data/files").values.sorted()
        }
        try await Site.runToItsEnd { site in
            let id = try #require(try await site.api.upload(photograph, named: "a.jpg", as: site.author, status: 202).text("id"))
            site.program.signal(SIGKILL)
            #expect(try await site.program.exitStatus() == 128 + SIGKILL)

            let restarted = try await Program(site.program.directory)
            let api = API(port: restarted.port)
            let media = try await api.completed(id, as: site.author)
            for variant in try #require(media["variants"]?.members) {
                _ = try await api.file(try #require(variant.value["url"]?.string))
            }
            #expect(site.program.directory.files(in: "data/files").values.sorted() == undisturbed, "the same files as without the kill")
            restarted.signal(SIGTERM)
            #expect(try await restarted.exitStatus() == 0)
        }
    }
}

/// Photographs that tests upload, made by ImageMagick from a fixed seed.
enum Photograph {
    static func jpeg(width: Int, height: Int) async throws -> [UInt8] {
        let directory = try Directory()
        let file = directory.file("photograph.jpg")
        let arguments = ["-size", "\(width)x\(height)", "-seed", "7", "plasma:tomato-steelblue", "-quality", "90", file]
        let places: [String] = ["/usr/bin/convert", "/usr/local/bin/convert"]
        let convert = try #require(places.first { access($0, X_OK) == 0 }, "ImageMagick is missing")
        let child = try await Child(convert, arguments)
        let status = try await child.exitStatus()
        try #require(status == 0, "\(child.output)")
        return try directory.read("photograph.jpg")
    }
}

extension API {
    /// Waits for the job of an upload and gives the media object.
    func completed(_ id: String, as caller: Caller, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
        let answer = try await eventually("/media/\(id)", as: caller, sourceLocation: sourceLocation) { answer in
            ["COMPLETED", "FAILED"].contains(answer.text("status"))
        }
        try #require(answer.text("status") == "COMPLETED", "\(answer.data.text)", sourceLocation: sourceLocation)
        return answer.data
    }

    /// A public file by the URL that the API gave, absolute or not.
    func file(_ url: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await expect(.GET, "/" + url.path, status: 200, sourceLocation: sourceLocation)
    }
}

extension String {
    /// The path of a URL; a path stays as it is.
    var path: String {
        guard hasPrefix("http") else { return self }
        return "/" + split(separator: "/").dropFirst(2).joined(separator: "/")
    }
}
