import Conformance
import Expressions
import Schema
import Testing

@testable import Records

@Suite struct CountingTests {
    private static let site = """
        [collections.posts.fields]
        views  = { type = "counter", flush = "10s" }
        is_hot = { type = "bool", compute = "views > 2" }
        blog   = { type = "ref", to = "blogs" }
        [collections.blogs.fields]
        views = { type = "int", compute = "sum(posts.views)" }
        [collections.pages.fields]
        views = { type = "counter", flush = "60s" }
        """

    @Test func countsAreWrittenWhenTheyAreDueAndNotBefore() async throws {
        try await RecordBench.run(Self.site) { bench in
            let (posts, pages) = (try bench.collection("posts"), try bench.collection("pages"))
            let (blog, post, page) = try await bench.write { writer, _ throws in
                let blog = try writer.make("blogs", [:])
                return (blog, try writer.make("posts", ["blog": .text(blog)]), try writer.make("pages", [:]))
            }
            #expect(bench.records.countingInterval == 10_000)
            for _ in 0..<3 { bench.records.countRead(of: posts, id: post) }
            bench.records.countRead(of: pages, id: page)
            func expect(_ post: (String, Int64), _ page: (String, Int64)) async throws {
                try await bench.write { writer, _ throws in
                    #expect(try writer.value("views", of: "posts", post.0) == .int(post.1))
                    #expect(try writer.value("views", of: "pages", page.0) == .int(page.1))
                    #expect(try writer.value("version", of: "posts", post.0) == .int(1))
                }
            }
            try await expect((post, 0), (page, 0))
            try await bench.records.writeCounts(all: false, on: bench.loop)
            try await expect((post, 3), (page, 0))
            try await bench.write { writer, _ throws in
                #expect(try writer.value("is_hot", of: "posts", post) == .bool(true))
                #expect(try writer.value("views", of: "blogs", blog) == .int(3))
            }
            bench.clock.advance(by: 49_999)
            try await bench.records.writeCounts(all: false, on: bench.loop)
            try await expect((post, 3), (page, 0))
            bench.clock.advance(by: 1)
            try await bench.records.writeCounts(all: false, on: bench.loop)
            try await expect((post, 3), (page, 1))
            bench.records.countRead(of: pages, id: page)
            try await bench.records.writeCounts(all: true, on: bench.loop)
            try await expect((post, 3), (page, 2))
        }
    }

    @Test func aRecordThatIsGoneCountsNothing() async throws {
        try await RecordBench.run(Self.site) { bench in
            let posts = try bench.collection("posts")
            let (gone, kept) = try await bench.write { writer, _ in (try writer.make("posts", [:]), try writer.make("posts", [:])) }
            for id in [gone, kept] { bench.records.countRead(of: posts, id: id) }
            try await bench.write { writer, _ in try writer.discard("posts", gone) }
            try await bench.records.writeCounts(all: true, on: bench.loop)
            #expect(try await bench.ask(#"SELECT sum("views") FROM "posts""#) == .int(1))
        }
    }

    @Test func whatCannotBeWrittenCountsOn() async throws {
        let counts = ReadCounts()
        try await RecordBench.run(Self.site) { bench in
            let posts = try bench.collection("posts")
            counts.note("a", in: posts, now: 5)
            counts.note("a", in: posts, now: 6)
            #expect(counts.take(posts, olderThan: 10, now: 14) == nil)
            let taken = try #require(counts.take(posts, olderThan: 10, now: 15))
            #expect(counts.take(posts, olderThan: 0, now: 15) == nil)
            counts.note("a", in: posts, now: 16)
            counts.putBack(taken, in: posts, now: 16)
            #expect(counts.take(posts, olderThan: 0, now: 16) == ["a": 3])
        }
    }
}
