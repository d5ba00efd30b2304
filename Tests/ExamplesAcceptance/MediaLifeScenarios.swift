import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S15 Files: upload, work in the background, variants")
struct MediaLifeScenarios {
    @Test("Whose a file is, where it may be used, and what is served of it")
    func files() async throws {
        try await ExampleSite.run(.sevra) { site in
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let anon = site.anonymous

            // 1: variants, and nothing of what the camera wrote down
            let photograph = try await Self.photograph()
            #expect(photograph.holds("Exif"))
            let image = try await u1.upload(photograph, named: "IMG_1.JPG", kind: "image")
            try await u1.eventually("/media/\(image)/status") { $0["status"] == "COMPLETED" }
            let media = try await u1.get("/media/\(image)", has: ["width": 1200, "height": 800, "mime": "image/jpeg", "kind": "image"])
            let variants = media["variants"]
            #expect(variants["webp"]?["mime"] == "image/webp")
            #expect(variants["thumbnail"]?.holds(["width": 300, "height": 300]) == true)
            for variant in variants.members ?? [] {
                let url = try #require(variant.value["url"]?.string)
                let place = url.hasPrefix("http") ? "/" + url.split(separator: "/").dropFirst(2).joined(separator: "/") : url
                let file = try await anon.get("/" + place)
                #expect(!file.body.holds("Exif") && !file.body.holds("GPS"), "\(variant.name)")
                #expect(file.header("content-type") == variant.value["mime"]?.string && file.header("x-content-type-options") == "nosniff")
            }

            // 2: what is no file of its kind
            func refused(_ file: [UInt8], _ name: String, _ kind: String, _ status: Int) async throws {
                let (body, type) = API.multipart(file, named: name, kind: kind)
                try await site.api.expect(
                    .POST, "/media", as: u1.caller, bytes: body, headers: ["content-type": type], status: status)
            }
            try await refused(Array("<html><script>alert(1)</script></html>".utf8), "a.jpg", "image", 415)
            try await refused(Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), "a.svg", "image", 415)
            try await refused(photograph + [UInt8](repeating: 0, count: 11 << 20), "a.jpg", "image", 413)
            try await refused([], "a.jpg", "image", 400)
            try await refused(photograph, "a.jpg", "nothing", 400)
            try await refused(Sample.pdf, "a.pdf", "image", 415)
            // What breaks off is told at once, before anything is stored.
            try await refused(Array(photograph.prefix(photograph.count / 2)), "half.jpg", "image", 400)

            // 3: names are names
            let name = String(repeating: "عکس", count: 100) + ".jpg"
            for (sent, kept) in [("../../etc/passwd", nil), (name, ".jpg")] as [(String, String?)] {
                let id = try await u1.upload(photograph, named: sent, kind: "image")
                let filename = try await u1.get("/media/\(id)")["filename"].string ?? ""
                #expect(!filename.contains("/") && filename != "..", "\(filename)")
                if let kept { #expect(filename.hasSuffix(kept) || filename.unicodeScalars.count == 255, "\(filename)") }
            }
            #expect(try Directory.read("/etc/passwd").prefix(4) == Array("root".utf8)[...])

            // 4: whose
            let (body, type) = API.multipart(photograph, named: "a.jpg", kind: "image")
            try await site.api.expect(.POST, "/media", bytes: body, headers: ["content-type": type], status: 401)
            for caller in [so, anon] { try await caller.get("/media/\(image)", 404) }
            try await so.patch("/media/\(image)", ["alt": "x"], 404)
            try await so.delete("/media/\(image)", 404)
            try await m.get("/media/\(image)")
            try await m.patch("/media/\(image)", ["alt": "x"], 403)
            try await m.delete("/media/\(image)", 403)
            try await u1.patch("/media/\(image)", ["alt": "me", "title": "A"], has: ["alt": "me", "title": "A"])
            try await u1.patch("/media/\(image)", ["kind": "document"], 403, "FIELD_FORBIDDEN", at: ["kind"])
            let salon = try await so.make("/salons", ["name": "S"])
            try await so.patch("/salons/\(salon)", ["avatar": "\(image)"], 400, at: ["avatar"])
            try await so.patch("/salons/\(salon)", ["gallery": ["\(image)"]], 400, at: ["gallery[0]"])
            let own = try await so.upload(Sample.png, named: "a.png", kind: "image")
            let document = try await so.upload(Sample.pdf, named: "a.pdf", kind: "document")
            try await so.patch("/salons/\(salon)", ["avatar": "\(document)"], 400, at: ["avatar"])
            try await so.patch("/salons/\(salon)", ["gallery": ["\(own)"]], has: ["gallery": [["id": "\(own)"]]])
            // Public files are seen where a readable record holds them.
            try await anon.get("/salons/\(salon)", has: ["gallery": [["id": "\(own)", "kind": "image"]]])

            // 5: what is in use stays
            try await u1.patch("/me", ["avatar": "\(image)"], has: ["avatar": ["id": "\(image)"]])
            try await u1.delete("/media/\(image)", 409, "IN_USE")
            try await so.delete("/media/\(own)", 409, "IN_USE")
            try await u1.patch("/me", ["avatar": .null], has: ["avatar": .null])
            try await u1.delete("/media/\(image)")
            try await u1.get("/media/\(image)", 404)
            try await so.delete("/salons/\(salon)/gallery/\(own)")
            try await so.delete("/media/\(own)")

            // 7: who lists
            try await anon.get("/media", 401)
            let mine = try await Set(u1.ids("/media"))
            let all = try await Set(m.ids("/media"))
            #expect(!mine.isEmpty && !mine.contains(document) && mine.isSubset(of: all) && all.contains(document))
        }
    }

    /// 1200 × 800 pixels, with EXIF that says where it was taken.
    private static func photograph() async throws -> [UInt8] {
        let directory = try Directory()
        let file = directory.file("photograph.jpg")
        let places: [String] = ["/usr/bin/convert", "/usr/local/bin/convert"]
        let convert = try #require(places.first { access($0, X_OK) == 0 }, "ImageMagick is missing")
        let child = try await Child(convert, ["-size", "1200x800", "-seed", "7", "plasma:tomato-steelblue", file])
        let status = try await child.exitStatus()
        try #require(status == 0, "\(child.output)")
        let plain = try directory.read("photograph.jpg")
        // APP1 after SOI: little-endian TIFF, IFD0 with the GPS pointer alone (0x8825), the GPS directory with its version, then a text.
        let tiff: [UInt8] =
            [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x25, 0x88, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0]
            + [1, 0, 0, 0, 1, 0, 4, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0] + Array("GPS35.7N51.4E".utf8)
        let segment = Array("Exif\0\0".utf8) + tiff
        let length = segment.count + 2
        return plain.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + segment + plain.dropFirst(2)
    }
}

extension [UInt8] {
    /// Whether the text occurs in these bytes.
    fileprivate func holds(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: wanted) }
    }
}
