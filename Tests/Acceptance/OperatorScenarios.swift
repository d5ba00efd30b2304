import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Accounts, sessions and keys from the command line; what follows from sign-ins")
struct OperatorScenarios {
    private static let configuration = """
        [collections.users]
        audit = true

        [collections.users.fields]
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", write = "me.role == 'ADMIN'" }

        [audit]
        allow = "me.role == 'ADMIN'"

        [collections.notes.allow]
        read = "me.role == 'ADMIN'"

        [collections.notes.fields]
        what = "string"
        whom = "string"

        [[on]]
        event = ["auth.signup", "auth.login", "auth.login_failed", "auth.logout", "auth.password_changed"]
        do    = [{ insert = "notes", set = { whom = "= new.email" } }]
        """

    private func command(_ site: OwnSite, _ words: String..., input: String = "") async throws -> JSONValue {
        let (status, output) = try await Program.run(words, in: site.program.directory, input: input)
        try #require(status == 0, "\(words): \(output.joined(separator: "\n"))")
        return (try? JSONParser.parse(output.joined(separator: "\n"))) ?? .null
    }

    @Test("The running server does what the command line asks")
    func commands() async throws {
        try await OwnSite.run(Self.configuration, users: ["mina": "", "root": "ADMIN"]) { site in
            let (api, mina) = (site.api, site["mina"])
            let login: JSONValue = ["email": "mina@example.com", "password": .string(Site.password)]
            let users = try await command(site, "user", "list")["users"]?.array ?? []
            #expect(
                Set(users.map { $0["email"] }) == ["mina@example.com", "root@example.com"] && users.allSatisfy { $0["active"] == true })

            // What somebody may do, by the fields that rules ask of the caller, and how he proves who he is.
            let rights = Dictionary(uniqueKeysWithValues: users.map { ($0["email"]?.string ?? "", $0["rights"]) })
            #expect(rights == ["mina@example.com": ["role": "USER"], "root@example.com": ["role": "ADMIN"]])
            #expect(users.allSatisfy { $0["authenticator"] == false })

            _ = try await command(site, "user", "disable", "mina@example.com")
            try await api.expect(.GET, "/me", as: mina, status: 401)
            try await api.expect(.POST, "/auth/login", body: login, status: 403) { $0.code == "ACCOUNT_INACTIVE" }
            _ = try await command(site, "user", "enable", mina.id)
            let again = try await api.login("mina@example.com")
            try await api.expect(.GET, "/notes", as: again, status: 200) { $0.data.array?.isEmpty == true }

            // A role acts on the session that is there.
            _ = try await command(site, "user", "grant", "mina@example.com", "role=ADMIN")
            try await api.expect(.GET, "/notes", as: again, status: 200) { $0.data.array?.isEmpty == false }
            let unknown = try await Program.run(["user", "grant", "mina@example.com", "rule=ADMIN"], in: site.program.directory)
            #expect(unknown.status == 1 && unknown.output.joined().contains("rule: there is no such field"))
            let nobody = try await Program.run(["user", "disable", "nobody@example.com"], in: site.program.directory)
            #expect(nobody.status == 1)

            let sessions = try await command(site, "session", "list", "mina@example.com")["sessions"]?.array ?? []
            #expect(sessions.count == 1 && sessions[0]["ip"] == "127.0.0.1")
            #expect(try await command(site, "session", "revoke", "mina@example.com") == ["ended": 1])
            try await api.expect(.GET, "/me", as: again, status: 401)

            _ = try await command(site, "user", "reset-password", "mina@example.com", "--must-change", input: "another horse 99")
            try await api.expect(.POST, "/auth/login", body: login, status: 401)
            let forced = try await api.login("mina@example.com", password: "another horse 99")
            try await api.expect(.GET, "/me", as: forced, status: 403) { $0.code == "PASSWORD_CHANGE_REQUIRED" }
        }
    }

    @Test("A new key signs at once, and the old one's tokens hold on")
    func rotation() async throws {
        try await OwnSite.run(Self.configuration, users: ["mina": ""]) { site in
            func published() async throws -> [String] {
                let answer = try await site.api.expect(.GET, "//.well-known/jwks.json", status: 200) {
                    $0.headers.first(name: "content-type") == "application/jwk-set+json"
                }
                return (answer.json?["keys"]?.array ?? []).compactMap { $0["kid"]?.string }
            }
            func header(_ caller: Caller) throws -> String { String(try #require(caller.token.split(separator: ".").first)) }
            let old = try await published()
            let rotated = try await command(site, "keys", "rotate")["keys"]?.array ?? []
            #expect(rotated.map { $0["current"] } == [true, false])
            let new = try await published()
            #expect(old.count == 1 && new.count == 2 && new[1] == old[0] && new == rotated.compactMap { $0["id"]?.string })
            let later = try await site.api.login("mina@example.com")
            #expect(try header(later) != header(site["mina"]))
            for caller in [site["mina"], later] { try await site.api.expect(.GET, "/me", as: caller, status: 200) }
            #expect(try await command(site, "keys", "list")["keys"]?.array?.count == 2)
        }
    }

    @Test("Sign-ins have followers, and stand in the audit of users")
    func events() async throws {
        try await OwnSite.run(Self.configuration, users: ["root": "ADMIN"]) { site in
            let (api, root) = (site.api, site["root"])
            let body: JSONValue = ["email": "nima@example.com", "password": .string(Site.password)]
            let signup = try await api.expect(.POST, "/auth/signup", body: body, status: 201)
            try await api.expect(.POST, "/auth/login", body: ["email": "nima@example.com", "password": "wrong one"], status: 401)
            let token = try #require(signup.text("access_token"))
            let nima = Caller(name: "nima", id: try #require(signup.text("user", "id")), email: "", token: token)
            let change: JSONValue = ["current_password": .string(Site.password), "password": "another horse 99"]
            try await api.expect(.POST, "/auth/password/change", as: nima, body: change, status: 200)
            let login = try await api.expect(
                .POST, "/auth/login", body: ["email": "nima@example.com", "password": "another horse 99"], status: 200)
            try await api.expect(.POST, "/auth/logout", body: ["refresh_token": login.data["refresh_token"] ?? .null], status: 204)
            let notes = try await api.expect(.GET, "/notes?count=none", as: root, status: 200).data.array ?? []
            #expect(notes.filter { $0["whom"] == "nima@example.com" }.count == 5)
            let audit = try await api.expect(.GET, "/audit?entity=users:\(nima.id)", as: root, status: 200).data.array ?? []
            let actions = audit.compactMap { $0["action"]?.string }.filter { $0.hasPrefix("auth.") }
            #expect(actions == ["auth.logout", "auth.login", "auth.password_changed", "auth.login_failed", "auth.signup"])
            #expect(audit.allSatisfy { $0["ip"] == "127.0.0.1" })
            #expect(!audit.contains { "\($0)".contains("another horse") })
        }
    }
}
