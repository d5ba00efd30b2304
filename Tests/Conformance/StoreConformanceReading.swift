import Expressions
import NIOCore
import Ports
import Schema
import Testing

extension StoreConformance {
    static let reading: [Case] = [
        Case(name: "The JSON form of every kind of field, in the order of the fields") { test async throws in
            try await test.insert(test.fixture.media, 8, ["mime": .text("image/webp"), "size": .int(12)])
            try await test.insert(
                test.fixture.posts, 1,
                [
                    "title": .text("a\"\\\n\u{0}\u{1f}é☃/"), "body": .text(""), "views": .int(-5), "rating": .float(0.1),
                    "published": .bool(true), "day": .date(20_777), "starts_at": .moment(1_795_178_096_789),
                    "length": .duration(900_000), "status": .text("OPEN"), "meta": .text("{\"a\":1}"),
                    "author": .text(test.id(7)), "tags": .list([.text(test.id(9)), .text(test.id(3))]),
                    "cover": .text(test.id(8)), "slug": .text("s"), "price": .decimal(Decimal(units: -5, scale: 2)),
                    "about": .text("media:\(test.id(8))"), "labels": .list([.text("b"), .text("a")]),
                    "photos": .list([.text(test.id(8)), .text(test.id(2))]), "place": .text(#"{"lat":1.5,"lng":-2}"#),
                ])
            let projection = test.fixture.projection(
                of: test.fixture.posts,
                media: Projection(parts: test.fixture.media.fields.suffix(2).map { Projection.Part(field: $0) }))
            let json = try #require(try await test.json(test.fixture.posts, .id(test.id(1)), projection: projection))
            let expected =
                #"{"id":"\#(test.id(1))","version":1,"created_at":"2023-11-14T22:13:20.001Z","updated_at":"2023-11-14T22:13:20.001Z","#
                + #""title":"a\"\\\n\u0000\u001fé☃/","body":"","views":-5,"rating":0.1,"published":true,"day":"2026-11-20","#
                + #""starts_at":"2026-11-20T12:34:56.789Z","length":"PT15M","status":"OPEN","meta":{"a":1},"#
                + #""author":"\#(test.id(7))","tags":["\#(test.id(9))","\#(test.id(3))"],"#
                + #""cover":{"mime":"image/webp","size":12},"slug":"s","price":"-0.05","about":"media:\#(test.id(8))","#
                + #""labels":["b","a"],"photos":[{"mime":"image/webp","size":12},null],"place":{"lat":1.5,"lng":-2}}"#
            #expect(json == expected)
        },
        Case(name: "Null is null; no members are an empty list; missing and deleted media are null; deleted_at shows when set") {
            test async throws in
            try await test.insert(test.fixture.media, 8, ["deleted_at": .moment(1)])
            try await test.insert(test.fixture.posts, 1, ["cover": .text(test.id(8)), "deleted_at": .moment(0)])
            let projection = test.fixture.projection(
                of: test.fixture.posts, media: test.fixture.projection(of: test.fixture.media))
            let json = try #require(
                try await test.json(test.fixture.posts, .id(test.id(1)), projection: projection, life: .any))
            #expect(json.contains(#""deleted_at":"1970-01-01T00:00:00.000Z","title":null,"body":null,"views":null,"rating":null,"#))
            #expect(
                json.hasSuffix(
                    #""author":null,"tags":[],"cover":null,"slug":null,"price":null,"about":null,"labels":null,"photos":[],"place":null}"#))
        },
        Case(name: "Moments, dates and durations at their edges") { test async throws in
            let cases: [(Int64, Int64, Int64, String)] = [
                (0, 0, 0, #""day":"1970-01-01","starts_at":"1970-01-01T00:00:00.000Z","length":"PT0S""#),
                (-1, -1, -1, #""day":"1969-12-31","starts_at":"1969-12-31T23:59:59.999Z","length":"-PT0.001S""#),
                (11_016, 951_782_400_000, 604_800_000, #""day":"2000-02-29","starts_at":"2000-02-29T00:00:00.000Z","length":"P7D""#),
                (
                    2_932_896, 253_402_300_799_999, 90_061_500,
                    #""day":"9999-12-31","starts_at":"9999-12-31T23:59:59.999Z","length":"P1DT1H1M1.5S""#
                ),
                (-719_162, -62_135_596_800_000, 3_600_000, #""day":"0001-01-01","starts_at":"0001-01-01T00:00:00.000Z","length":"PT1H""#),
            ]
            for (number, (day, moment, length, text)) in cases.enumerated() {
                try await test.insert(
                    test.fixture.posts, number, ["day": .date(day), "starts_at": .moment(moment), "length": .duration(length)])
                let json = try #require(try await test.json(test.fixture.posts, .id(test.id(number))))
                #expect(json.contains(text), "\(json)")
            }
        },
        Case(name: "Private fields never leave, even when a projection names them") { test async throws in
            try await test.insert(test.fixture.users, 1, ["secret": .text("hidden")])
            let json = try #require(try await test.json(test.fixture.users, .id(test.id(1))))
            #expect(!json.contains("hidden") && !json.contains("secret"))
        },
        Case(name: "By a unique field; the version comes along; what is already in the buffer stays") { test async throws in
            try await test.insert(test.fixture.posts, 1, ["slug": .text("hello")])
            let slug = try #require(test.fixture.posts.field("slug"))
            let read = RecordRead(
                access: test.access(test.fixture.posts), key: .field(slug.index, .text("hello")),
                projection: Projection(parts: [Projection.Part(field: slug)]))
            let answer = try #require(try await test.store.read(read, into: .init(string: "> "), on: test.loop).get())
            #expect(String(buffer: answer.buffer) == #"> {"slug":"hello"}"#)
            #expect(answer.version == 1)
            #expect(try await test.json(test.fixture.posts, .field(slug.index, .text("other"))) == nil)
            #expect(try await test.json(test.fixture.posts, .field(slug.index, .null)) == nil)
        },
        Case(name: "Expanded references: the record, its card, or null") { test async throws in
            try await test.insert(test.fixture.users, 7, ["name": .text("Mina")])
            try await test.insert(test.fixture.users, 8, ["name": .text("Omid")])
            try await test.insert(
                test.fixture.posts, 1,
                ["author": .text(test.id(7)), "tags": .list([.text(test.id(8)), .text(test.id(99)), .text(test.id(7))])])
            let author = try #require(test.fixture.posts.field("author"))
            let tags = try #require(test.fixture.posts.field("tags"))
            let name = try #require(test.fixture.users.field("name"))
            let id = test.fixture.users.fields[0]
            let full = Projection(parts: [.init(field: id), .init(field: name)])
            let card = Projection(parts: [.init(field: id)])
            func expanded(_ expansions: [Projection.Expansion]) async throws -> String? {
                try await test.json(
                    test.fixture.posts, .id(test.id(1)),
                    projection: Projection(parts: [.init(field: test.fixture.posts.fields[1])], expansions: expansions))
            }
            let users = test.fixture.users
            let mina = #"{"id":"\#(test.id(7))","name":"Mina"}"#
            let omid = #"{"id":"\#(test.id(8))","name":"Omid"}"#
            #expect(
                try await expanded([
                    .init(author, to: .init(users, conditions: [], projection: full, card: card)),
                    .init(tags, to: .init(users, conditions: [], projection: full, card: card)),
                ]) == #"{"version":1,"expanded":{"author":\#(mina),"tags":[\#(omid),null,\#(mina)]}}"#)
            #expect(
                try await expanded([.init(author, to: .init(users, conditions: nil, projection: full, card: card))])
                    == #"{"version":1,"expanded":{"author":{"id":"\#(test.id(7))"}}}"#)
            #expect(
                try await expanded([.init(author, to: .init(users, conditions: nil, projection: full, card: nil))])
                    == #"{"version":1,"expanded":{"author":null}}"#)
        },
    ]
}
