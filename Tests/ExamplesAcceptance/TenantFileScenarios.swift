import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O33 Files stay in the tenant that they arose in")
struct TenantFileScenarios {
    private static let order: JSONValue = [
        "customer_name": "Ada", "customer_email": "ada@example.com", "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
    ]

    @Test("404 on every route for whoever asks from elsewhere: members and keys of another tenant, its maker there, people who have left")
    func walls() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            let rita = try await site.caller(.plain, "Rita")
            let acme = try await uma.make("/tenants", ["name": "Acme"])
            try await ugo.post("/tenants", ["name": "Beta"])
            // The maker of the file is a member of both.
            try await site.join(ugo, as: "admin", invitedBy: uma.within("acme"))
            try await site.join(rita, as: "admin", invitedBy: ugo.within("beta"))
            func key(_ owner: Client, _ body: JSONValue) async throws -> Client {
                let made = try await owner.post("/me/api_keys", body)
                return Client(
                    api: owner.api, caller: Caller(name: made.text("name") ?? "", id: "", email: "", token: made.text("key") ?? ""))
            }
            let own = try await uma.within("acme").make("/orders", Self.order)
            let held = try await ugo.within("beta").upload(Sample.pdf, named: "po.pdf", kind: "upload")
            let order = try await ugo.within("beta").make("/orders", Self.order)
            try await ugo.within("beta").put("/orders/\(order)/attachments", ["\(held)"])
            let avatar = try await ugo.within("beta").upload(Sample.png, named: "a.png", kind: "avatar")
            let portrait = try await rita.within("beta").upload(Sample.png, named: "p.png", kind: "avatar")
            let ritas = try await rita.within("beta").upload(Sample.pdf, named: "r.pdf", kind: "upload")
            let ritasKey = try await key(rita.within("beta"), ["name": "Rita's"])
            for path in ["", "/content", "/status"] {
                try await ugo.within("beta").get("/media/\(held)\(path)")
                try await rita.within("beta").get("/media/\(ritas)\(path)")
                try await ritasKey.get("/media/\(ritas)\(path)")
            }
            // Who may read the order may read the file that it holds.
            try await rita.within("beta").get("/media/\(held)/content")
            let membership = try await ugo.within("beta").get("/memberships?user=\(rita.id)").rows.first?.id ?? "none"
            try await ugo.within("beta").delete("/memberships/\(membership)")

            let strangers: [(String, Client)] = [
                ("Acme's owner", uma.within("acme")), ("Acme's owner in Beta", uma.within("beta")), ("Acme's owner unsaid", uma),
                ("its maker in Acme", ugo.within("acme")), ("its maker unsaid", ugo),
                ("a key of Acme", try await key(uma.within("acme"), ["name": "k"])),
                ("its maker's key of Acme", try await key(ugo.within("acme"), ["name": "k"])),
                ("its maker's key of files in Acme", try await key(ugo.within("acme"), ["name": "k", "scopes": ["media:*", "orders:*"]])),
                ("who has left", rita.within("beta")), ("who has left, unsaid", rita), ("the key of who has left", ritasKey),
                ("anonymous", site.anonymous.within("beta")),
            ]
            for (who, client) in strangers {
                for file in [held, avatar, ritas] {
                    let routes: [(HTTPMethod, String, JSONValue?)] = [
                        (.GET, "/media/\(file)", nil), (.GET, "/media/\(file)/content", nil), (.GET, "/media/\(file)/status", nil),
                        (.PATCH, "/media/\(file)", ["alt": "x"]), (.DELETE, "/media/\(file)", nil),
                    ]
                    for (method, path, body) in routes {
                        let answer = try await client.tries(method, path, body)
                        // The key has gone with the membership.
                        let isNobody = who == "anonymous" && method != .GET || who == "the key of who has left"
                        #expect(answer.status == (isNobody ? 401 : 404), "\(who): \(method) \(path): \(answer.status)")
                    }
                    for query in ["", "?id=\(file)", "?kind=upload", "?uploader=\(ugo.id)", "?expand=uploader"] {
                        let answer = try await client.tries(.GET, "/media\(query)")
                        #expect(!String(decoding: answer.body, as: UTF8.self).contains(file), "\(who): \(query)")
                    }
                }
            }

            // Nor may a record elsewhere hold it.
            for client in [uma.within("acme"), ugo.within("acme")] {
                for file in [held, ritas] {
                    try await client.patch("/orders/\(own)", ["attachments": ["\(file)"]], 400, at: ["attachments[0]"])
                    try await client.put("/orders/\(own)/attachments", ["\(file)"], 400)
                    try await client.fire("/orders/\(own)/attachments", ["id": "\(file)"], 400)
                    try await client.delete("/orders/\(own)/attachments/\(file)", 404)
                    let members = Self.order.members ?? []
                    let body = JSONValue.object(members + [JSONMember(name: "attachments", value: ["\(file)"])])
                    try await client.post("/orders", body, 400, at: ["attachments[0]"])
                    try await client.post("/batch", ["operations": [["method": "POST", "path": "/orders", "body": body]]], 400)
                }
                #expect(try await client.get("/orders/\(own)?expand=attachments")["attachments"].array?.isEmpty == true)
            }
            for client in [rita, rita.within("beta"), uma, uma.within("acme"), uma.within("beta")] {
                for file in [avatar, portrait] { try await client.patch("/me", ["image": "\(file)"], 400, at: ["image"]) }
            }
            for client in [uma.within("acme"), ugo.within("acme")] {
                let path = "/users/\(client.id)"
                for file in [avatar, portrait] { try await client.patch(path, ["image": "\(file)"], 400, at: ["image"]) }
            }
            // Of a tenant that he belongs to it may become his picture, which goes with him.
            try await ugo.patch("/me", ["image": "\(avatar)"], has: ["image": ["id": "\(avatar)"]])
            #expect(try await ugo.within("acme").get("/users/\(ugo.id)")["image"]["id"] == "\(avatar)")

            // What arose in no tenant is its uploader's wherever he is.
            let nora = try await site.caller(.plain, "Nora")
            let picture = try await nora.upload(Sample.png, named: "n.png", kind: "avatar")
            try await nora.patch("/me", ["image": "\(picture)"], has: ["image": ["id": "\(picture)"]])
            try await site.join(nora, as: "member", invitedBy: uma.within("acme"))
            for client in [nora, nora.within("acme"), nora.within(acme)] { try await client.get("/media/\(picture)") }
            #expect(try await nora.within("acme").ids("/media") == [picture])
            for client in [uma, uma.within("acme"), ugo.within("acme")] { try await client.get("/media/\(picture)", 404) }
        }
    }

    @Test("A job is followed by who started it, in its tenant alone and as its member")
    func jobs() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            try await uma.post("/tenants", ["name": "Acme"])
            try await ugo.post("/tenants", ["name": "Beta"])
            try await site.join(ugo, as: "admin", invitedBy: uma.within("acme"))
            func key(_ tenant: String) async throws -> Client {
                let made = try await ugo.within(tenant).post("/me/api_keys", ["name": "k"])
                return Client(api: ugo.api, caller: Caller(name: "key of \(tenant)", id: "", email: "", token: made.text("key") ?? ""))
            }
            let (inside, outside) = (try await key("acme"), try await key("beta"))
            let order = try await ugo.within("acme").make("/orders", Self.order)
            let job = try await ugo.within("acme").fire("/orders/\(order)/invoice", nil, 202).id
            for client in [ugo, ugo.within("acme"), inside] { try await client.get("/jobs/\(job)") }
            for client in [outside, uma, uma.within("acme")] { try await client.get("/jobs/\(job)", 404) }
            let membership = try await uma.within("acme").get("/memberships?user=\(ugo.id)").rows.first?.id ?? "none"
            try await uma.within("acme").delete("/memberships/\(membership)")
            for client in [ugo, ugo.within("acme"), outside] { try await client.get("/jobs/\(job)", 404) }
        }
    }

    @Test("A tenant that is deleted takes its files along, objects too, and leaves the same file of another")
    func erasure() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let uma = try await site.caller(.plain, "Uma")
            let acme = try await uma.make("/tenants", ["name": "Acme"])
            try await uma.post("/tenants", ["name": "Beta"])
            var files: [String: (pdf: String, png: String)] = [:]
            for tenant in ["acme", "beta"] {
                let owner = uma.within(tenant)
                files[tenant] = (
                    try await owner.upload(Sample.pdf, named: "po.pdf", kind: "upload"),
                    try await owner.upload(Sample.png, named: "a.png", kind: "avatar")
                )
                try await owner.eventually("/media/\(files[tenant]?.png ?? "")/status") { $0["status"] == "COMPLETED" }
                let order = try await owner.make("/orders", Self.order)
                try await owner.put("/orders/\(order)/attachments", ["\(files[tenant]?.pdf ?? "")"])
            }
            func variant(_ tenant: String) async throws -> String {
                let variants = try await uma.within(tenant).get("/media/\(files[tenant]?.png ?? "")")["variants"]
                return variants["small"]?["url"]?.string ?? ""
            }
            let (first, second) = (try await variant("acme"), try await variant("beta"))
            #expect(first != second && first.hasPrefix("/files/") && second.hasPrefix("/files/"))
            try await site.anonymous.get("/" + first)
            let stored = site.program.directory.files(in: "files").count
            try await root.delete("/tenants/\(acme)")
            // The job runs behind the answer.
            try await site.anonymous.eventually("/" + first) { $0.status == 404 }
            // That variant was the last of them.
            #expect(site.program.directory.files(in: "files").count == stored / 2)
            try await uma.within("beta").get("/media/\(files["beta"]?.pdf ?? "")/content")
            try await uma.within("beta").get("/media/\(files["beta"]?.png ?? "")/content")
            try await site.anonymous.get("/" + second)
        }
    }
}
