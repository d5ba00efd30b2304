import Harness
import JSON
import NIOHTTP1
import Testing

/// Every operation that the document describes is asked by a stranger for what is another tenant's, with every id of that tenant in every
/// place of the path, the query and the body. Nothing of it may come out, and nothing of it may move.
@Suite("O33.6 The same probe on every endpoint: nothing crosses tenants")
struct TenantProbe {
    /// Stands in everything that Acme writes, and nowhere else.
    private static let mark = "acmesecret"

    @Test("Every path, every id of the other tenant, every way to name it")
    func probe() async throws {
        try await ExampleSite.run(.orders) { site in
            let u1 = try await site.caller(.plain, "Uma")
            let u2 = try await site.caller(.plain, "Ugo")
            let acme = try await u1.make("/tenants", ["name": "\(Self.mark) ltd", "slug": "acme"])
            try await u2.post("/tenants", ["name": "Beta"])
            let owner = u1.within("acme")
            let order = try await owner.post(
                "/orders",
                [
                    "customer_name": "\(Self.mark) Ada", "customer_email": "\(Self.mark)@example.com", "notes": "\(Self.mark)",
                    "items": [["name": "\(Self.mark) chair", "quantity": 1, "unit_price": "5.00"]],
                ])
            let file = try await owner.upload(Sample.pdf, named: "\(Self.mark).pdf", kind: "upload")
            try await owner.put("/orders/\(order.id)/attachments", ["\(file)"])
            let item = order["items"].array?.first?.id ?? "none"
            let membership = try await owner.get("/memberships").rows.first?.id ?? "none"
            let own = try await u2.make(
                "/orders",
                [
                    "customer_name": "Bob", "customer_email": "bob@example.com",
                    "items": [["name": "Lamp", "quantity": 1, "unit_price": "7.00"]],
                ])
            let key = try await owner.post("/me/api_keys", ["name": "\(Self.mark) key"]).id
            let ids = [order.id, item, membership, file, acme, u1.id, key]

            /// All of Acme, as its owner reads it.
            func everything() async throws -> [JSONValue] {
                var found: [JSONValue] = []
                for path in [
                    "/orders/\(order.id)", "/orders", "/order_items", "/memberships", "/tenants/acme", "/media/\(file)", "/me",
                    "/tenants/acme/api_keys",
                ] {
                    found.append(try await owner.get(path).data)
                }
                return found
            }
            let before = try await everything()
            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            let paths = document["paths"]?.members ?? []
            #expect(paths.count > 20)
            // Not written down: the other suites hold answers to the document, and these are thousands of refusals.
            let ugo = Client(api: API(port: site.api.port), caller: u2.caller)
            let nobody = Client(api: ugo.api, caller: nil)
            let strangers: [(String, Client)] = [
                ("without a header", ugo), ("in his own", ugo.within("beta")), ("by its lookup", ugo.within("acme")),
                ("by its id", ugo.within(acme)),
                ("anonymous", nobody.within("acme")),
            ]
            var asked = 0
            for described in paths {
                let name = described.name.hasPrefix("/api/v1") ? String(described.name.dropFirst("/api/v1".count)) : described.name
                // One's own account and sessions are no tenant's; ending the probe's session would end the probe.
                if name.hasPrefix("/auth") || name.hasPrefix("/me") || name.hasPrefix("/health") || name.hasPrefix("/events") { continue }
                for operation in described.value.members ?? [] {
                    guard let method = Self.methods[operation.name] else { continue }
                    for path in Self.filled(name, ids + ["acme", "orders:\(order.id)", own]) {
                        // What a stranger may do to his own is not asked here.
                        if method != .GET, path.contains(own), !ids.contains(where: { path.contains($0) }) { continue }
                        for (how, stranger) in strangers {
                            for query in method == .GET ? ["", "?tenant=acme", "?tenant=\(acme)", "?q=\(Self.mark)"] : [""] {
                                for body in method == .GET || method == .DELETE ? [nil] : Self.bodies(ids) {
                                    let answer = try await stranger.tries(method, path + query, body)
                                    asked += 1
                                    let said = String(decoding: answer.body, as: UTF8.self)
                                    let request = "\(method) \(path)\(query) \(how) with \(body?.text ?? "nothing")"
                                    #expect(!said.contains(Self.mark), "\(request): \(answer.status) \(said.prefix(300))")
                                    guard answer.status < 300 else { continue }
                                    for id in ids where id != u1.id {
                                        #expect(!said.contains(id), "\(request): \(answer.status) \(said.prefix(300))")
                                    }
                                }
                            }
                        }
                    }
                }
            }
            #expect(asked > 1_000, "\(asked)")
            #expect(try await everything() == before, "nothing moved")
        }
    }

    private static let methods: [String: HTTPMethod] = ["get": .GET, "post": .POST, "put": .PUT, "patch": .PATCH, "delete": .DELETE]

    /// The path with each id in each of its places; the others hold one that leads somewhere.
    private static func filled(_ template: String, _ ids: [String]) -> [String] {
        let segments = template.split(separator: "/").map(String.init)
        let places = segments.indices.filter { segments[$0].hasPrefix("{") }
        guard !places.isEmpty else { return [template] }
        return ids.flatMap { id in
            (places.count == 1 ? [id] : [id, ids[0]]).map { other in
                var path = segments
                for (number, place) in places.enumerated() { path[place] = number == 0 ? id : other }
                // A key stands below its tenant alone.
                if template.hasSuffix("/api_keys/{key}") { path[places[1]] = ids[6] }
                return "/" + path.joined(separator: "/")
            }
        }
    }

    /// Bodies that name the other tenant's records in every way that the collections know, complete enough to be taken.
    private static func bodies(_ ids: [String]) -> [JSONValue?] {
        let (order, item, file, acme, user) = (ids[0], ids[1], ids[3], ids[4], ids[5])
        return [
            nil, [:], ["id": "\(file)"], ["id": "\(order)"], ["tenant": "\(acme)", "name": "x"],
            ["order": "\(order)", "name": "x", "quantity": 1, "unit_price": "1.00"], ["quantity": 2], ["notes": "taken"],
            [
                "customer_name": "x", "customer_email": "x@example.com", "attachments": ["\(file)"],
                "items": [["name": "x", "quantity": 1, "unit_price": "1.00"]],
            ],
            ["attachments": ["\(file)"]], ["items": [["id": "\(item)", "quantity": 7]]], ["role": "owner", "user": "\(user)"],
            ["format": "csv", "filters": ["tenant": "\(acme)"]], ["email": "ugo@example.com", "role": "admin"], ["reason": "x"],
        ]
    }
}
