import Conformance
import Expressions
import JSON
import Ports
import Schema
import Testing

@testable import Records

/// Files belong to the tenant that they arose in (11-precisions 39).
@Suite struct TenantFileTests {
    private static let site = """
        [tenancy]
        tenant = "firms"
        member = "staff"
        [media.paper]
        max        = "1MB"
        visibility = "private"
        accept     = ["application/pdf"]
        allow      = "me != null"
        [collections.firms.fields]
        name = "string"
        [collections.staff]
        tenant = true
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true, unique = true, on_delete = "cascade" }
        [collections.notes]
        tenant = true
        [collections.notes.allow]
        read   = "member != null"
        create = "member != null"
        update = "member != null"
        [collections.notes.fields]
        papers = { type = "medias", kind = "paper" }
        left   = { type = "int", stamp = "count(all.media)" }
        [collections.profiles.allow]
        read   = "me != null"
        create = "me != null"
        update = "me != null"
        [collections.profiles.fields]
        paper = { type = "media", kind = "paper", on_delete = "null" }
        """

    /// Two firms, somebody who works for both, a colleague of his in the first, and somebody who has left it.
    private struct Cast: Sendable {
        var firms: [Row] = []
        var both: Row
        var colleague: Row
        var former: Row
        var members: [String: Row] = [:]
        var files: [String: String] = [:]

        /// Firm 0 or 1, or nowhere.
        func caller(_ user: Row, at firm: Int?, _ bench: Bench) -> Caller {
            var caller = bench.caller(user)
            caller.environment.tenant = firm.map { firms[$0] }
            caller.environment.member = firm.flatMap { members["\(user.id) \($0)"] }
            return caller
        }
    }

    private static func cast(_ bench: Bench) async throws -> Cast {
        var people: [Row] = []
        let users = try bench.collection("users")
        let email = try #require(users.field("email")).index
        for name in ["both", "colleague", "former"] {
            people.append(
                try await bench.write { writer, _ in try writer.create(users, Draft(), adding: [email: .text("\(name)@example.com")]) })
        }
        var cast = Cast(both: people[0], colleague: people[1], former: people[2])
        for name in ["A", "B"] { cast.firms.append(try await bench.create("firms", ["name": .string(name)])) }
        let staff = try bench.collection("staff")
        let (user, tenant) = (try #require(staff.field("user")).index, try #require(staff.shape.tenant))
        for (person, firm) in [(people[0], 0), (people[0], 1), (people[1], 0)] {
            let firmID = cast.firms[firm].id
            cast.members["\(person.id) \(firm)"] = try await bench.write { writer, _ in
                try writer.create(staff, Draft(), adding: [user: .text(person.id), tenant: .text(firmID)])
            }
        }
        for (name, person, firm) in [
            ("mine in A", people[0], 0), ("mine in B", people[0], 1), ("mine in none", people[0], nil), ("held in A", people[1], 0),
            ("not held in A", people[1], 0), ("held by a profile", people[1], nil), ("former's in A", people[2], 0),
        ] as [(String, Row, Int?)] {
            cast.files[name] = try await upload(name, by: cast.caller(person, at: firm, bench), bench)
        }
        let colleague = people[1]
        _ = try await bench.create(
            "notes", ["papers": [.string(cast.files["held in A"] ?? "")]], as: cast.caller(colleague, at: 0, bench))
        _ = try await bench.create(
            "profiles", ["paper": .string(cast.files["held by a profile"] ?? "")], as: cast.caller(colleague, at: nil, bench))
        return cast
    }

    private static func upload(_ name: String, by caller: Caller, _ bench: Bench) async throws -> String {
        let media = try bench.collection("media")
        var values: [Int: Value] = [:]
        for (field, value) in [
            ("kind", "paper"), ("uploader", caller.environment.me?.id ?? ""), ("object", "media/\(name)"), ("mime", "application/pdf"),
            ("sha256", "\(name)"),
        ] {
            values[try #require(media.field(field)).index] = .text(value)
        }
        let given = values
        return try await bench.write(as: caller) { writer, _ in try writer.create(media, Draft(), adding: given, asksRule: false) }.id
    }

    @Test("Which files a record may hold: of the same tenant as always, of none one's own; a tenant's leave it by their uploader alone")
    func references() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let places: [(String, Row, Int?, Set<String>)] = [
                        ("notes", cast.both, 0, ["mine in A", "mine in none", "held in A"]),
                        ("notes", cast.both, 1, ["mine in B", "mine in none"]),
                        ("profiles", cast.both, 0, ["mine in A", "mine in none", "held by a profile"]),
                        ("profiles", cast.both, 1, ["mine in B", "mine in none", "held by a profile"]),
                        // Outside of any tenant whatever is his in those that he belongs to.
                        ("profiles", cast.both, nil, ["mine in A", "mine in B", "mine in none", "held by a profile"]),
                        ("notes", cast.former, 0, []), ("profiles", cast.former, 0, ["held by a profile"]),
                        ("profiles", cast.former, nil, ["held by a profile"]),
                    ]
                    for (collection, person, firm, admitted) in places {
                        for (name, id) in cast.files.sorted(by: { $0.key < $1.key }) {
                            // Each note anew: what is held once may be taken by who changes its holder.
                            let body: JSONValue = collection == "notes" ? ["papers": [.string(id)]] : ["paper": .string(id)]
                            let caller = cast.caller(person, at: firm, bench)
                            var outcome = "taken"
                            do {
                                let row = try await bench.create(collection, body, as: caller)
                                let (made, id) = (try bench.collection(collection), row.id)
                                try await bench.write { writer, _ in
                                    try writer.remove(try #require(try writer.current(made, id)), from: made)
                                }
                            } catch RecordError.invalid(let faults) {
                                outcome = faults.map(\.code).joined()
                            }
                            let wanted = admitted.contains(name) ? "taken" : "reference"
                            #expect(outcome == wanted, "\(name) in \(collection) at \(firm.map(String.init) ?? "no firm")")
                        }
                    }
                }
            ))
    }

    @Test(
        "Who reads a tenant's file reads it there, as its member, and so does who reads what holds it; one of none is its uploader's everywhere"
    )
    func reading() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let places: [(Row, Int?, Set<String>)] = [
                        (cast.both, 0, ["mine in A", "mine in none", "held in A", "held by a profile"]),
                        (cast.both, 1, ["mine in B", "mine in none", "held by a profile"]),
                        (cast.both, nil, ["mine in none", "held by a profile"]),
                        (cast.colleague, 0, ["held in A", "not held in A", "held by a profile"]),
                        (cast.colleague, 1, ["held by a profile"]), (cast.former, 0, ["held by a profile"]),
                        (cast.former, nil, ["held by a profile"]),
                    ]
                    for (person, firm, admitted) in places {
                        let caller = cast.caller(person, at: firm, bench)
                        for (name, id) in cast.files.sorted(by: { $0.key < $1.key }) {
                            let isRead = try await bench.write(as: caller) { writer, _ in (try? writer.readableFile(id)) != nil }
                            #expect(isRead == admitted.contains(name), "\(name) at \(firm.map(String.init) ?? "no firm")")
                        }
                    }
                    // A rule of a tenant's collection counts that tenant's files alone.
                    for (firm, count) in [(0, 4), (1, 1)] as [(Int, Int64)] {
                        let note = try await bench.create("notes", ["papers": []], as: cast.caller(cast.both, at: firm, bench))
                        #expect(note.value("left", in: try bench.collection("notes")) == .int(count))
                    }
                }
            ))
    }

    @Test("A tenant that is gone takes its files along, and no others; what held one elsewhere lets go of it")
    func erasure() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let profile = try await bench.create(
                        "profiles", ["paper": .string(cast.files["mine in A"] ?? "")], as: cast.caller(cast.both, at: 0, bench))
                    var discarded: [String] = []
                    try await bench.delete(cast.firms[0])
                    try await bench.records.erase(tenant: cast.firms[0].id, on: bench.loop) { discarded += $0.map(\.id) }
                    let gone = cast.files.filter { $0.key.hasSuffix("in A") }.map(\.value)
                    #expect(Set(discarded) == Set(gone) && discarded.count == 4)
                    for (name, id) in cast.files {
                        let isThere = try await bench.write { _, transaction in try transaction.row(in: "media", id: id) != nil }
                        #expect(isThere == !gone.contains(id), "\(name)")
                    }
                    #expect(try await bench.row(profile)?.value("paper", in: try bench.collection("profiles")) == .null)
                }
            ))
    }
}
