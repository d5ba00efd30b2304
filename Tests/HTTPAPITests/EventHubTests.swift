import Conformance
import Identity
import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPAPI

/// Whom streams look at again, and how they end when the server wants it.
@Suite struct EventHubTests {
    @Test func `a change of one user is looked at by his streams alone`() {
        let bench = StreamBench()
        let heard = (0..<1_000).map { bench.open($0) }
        _ = bench.asked.take()
        bench.hub.standingChanged(.user("u7"))
        bench.settle()
        #expect(bench.asked.take() == ["s7"])
        bench.hub.standingChanged(.session("s8"))
        bench.hub.standingChanged(.session("nobody's"))
        bench.hub.standingChanged(.user("nobody"))
        bench.settle()
        #expect(bench.asked.take() == ["s8"])

        // Who is refused then hears nothing more; the others go on.
        bench.asked.refuse("s9")
        bench.hub.standingChanged(.user("u9"))
        bench.store.append("created")
        bench.settle()
        #expect(bench.asked.take() == ["s9"])
        #expect(heard[9].isOver && heard[9].events == ["ready"])
        #expect(heard.enumerated().allSatisfy { $0.offset == 9 || !$0.element.isOver && $0.element.events == ["ready", "notes.created"] })
    }

    /// What changes between finding out who asks and the first word of the stream is not overlooked.
    @Test func `a change while a stream begins is looked at`() {
        let bench = StreamBench()
        let stream = bench.stream(1, from: .after(0))
        bench.asked.refuse("s1")
        bench.hub.standingChanged(.user("u1"))
        bench.store.append("created")
        let heard = bench.begin(stream)
        #expect(heard.isOver && heard.events.isEmpty && bench.asked.take() == ["s1"])
    }

    /// A client that takes nothing is looked at before it is told more.
    @Test func `who takes nothing is looked at when he does`() {
        let bench = StreamBench()
        let stream = bench.stream(1)
        let heard = bench.begin(stream)
        heard.isWritable = false
        bench.asked.refuse("s1")
        bench.hub.standingChanged(.user("u1"))
        bench.store.append("created")
        bench.settle()
        heard.isWritable = true
        stream.resume()
        #expect(heard.isOver && heard.events == ["ready"])
    }

    /// Streams that begin anywhere in the log, one or another of them taking nothing for a while.
    @Test(arguments: 1...20) func `each hears everything after what it has seen, once and in order`(_ seed: UInt64) {
        let bench = StreamBench { $0.remembered = 4 }
        let random = SeededRandom(seed)
        func drawn(_ bound: Int) -> Int { Int(random.bytes(1)[0]) % bound }
        var streams: [(stream: EventStream, heard: Heard, seen: Int)] = []
        var logged = 0
        for number in 0..<120 {
            switch drawn(4) {
            case 0:
                let seen = drawn(2) == 0 ? logged : drawn(logged + 1)
                let stream = bench.stream(number, from: .after(Int64(seen)))
                streams.append((stream, bench.begin(stream), seen))
            case 1 where !streams.isEmpty:
                let index = drawn(streams.count)
                streams[index].heard.isWritable.toggle()
                if streams[index].heard.isWritable { streams[index].stream.resume() }
            default:
                logged += 1
                bench.store.append("n\(logged)")
                if drawn(2) == 0 { bench.settle() }
            }
        }
        for (stream, heard, _) in streams where !heard.isWritable {
            heard.isWritable = true
            stream.resume()
        }
        bench.settle()
        for (_, heard, seen) in streams {
            let wanted = seen < logged ? (seen + 1...logged).map { "notes.n\($0)" } : []
            #expect(heard.events == wanted)
        }
    }

    @Test func `who lags behind what is kept is told that he has missed something, and goes on from there`() {
        let bench = StreamBench { $0.remembered = 4 }
        let stream = bench.stream(1)
        let heard = bench.begin(stream)
        heard.isWritable = false
        for number in 0..<40 {
            bench.store.append("n\(number)")
            bench.settle()
        }
        bench.store.prune(20)
        heard.isWritable = true
        stream.resume()
        bench.settle()
        bench.store.append("last")
        bench.settle()
        #expect(heard.events == ["ready", "reset", "notes.last"])
        #expect(bench.open(2, from: .after(10)).events == ["reset"])
        #expect(bench.open(3, from: .after(99)).events == ["reset"], "a number that was never given")
    }

    // MARK: Sites

    @Test func `a reload that means the same keeps streams open, on the new site`() {
        let bench = StreamBench()
        let heard = (0..<100).map { bench.open($0) }
        // Asked of the old site, begun on the new one.
        let late = bench.stream(100)
        bench.reload(["collections": 1], says: "anew")
        bench.store.append("created")
        let last = bench.begin(late)
        bench.store.append("updated")
        bench.settle()
        #expect(heard.allSatisfy { !$0.isOver && $0.events == ["ready", "notes.created", "notes.updated"] && $0.retries == [2_000] })
        #expect(heard.allSatisfy { $0.text.contains("anew") && !$0.text.contains("told") })
        #expect(!last.isOver && last.events == ["ready", "notes.updated"] && last.text.contains("anew"))
    }

    @Test func `a reload that means something else ends streams apart from each other, in silence`() {
        let bench = StreamBench()
        let heard = (0..<1_000).map { bench.open($0) }
        let late = bench.stream(1_000)
        bench.reload(["collections": 2], says: "anew")
        bench.store.append("created")
        bench.settle()
        #expect(heard.allSatisfy { $0.events == ["ready"] }, "what the old site would have told")
        #expect(bench.begin(late).isOver, "what was asked of the old site does not begin any more")
        #expect(!bench.open(1_001).isOver)

        // In each half second some, and none is left after five.
        var left = [heard.count { !$0.isOver }]
        for _ in 0..<10 {
            bench.loop.advanceTime(by: .milliseconds(500))
            left.append(heard.count { !$0.isOver })
        }
        #expect(left.last == 0 && zip(left, left.dropFirst()).dropLast().allSatisfy { 20...200 ~= $0 - $1 }, "\(left)")
        let retries = heard.compactMap { $0.retries.count == 2 ? $0.retries[1] : nil }
        #expect(retries.count == 1_000 && retries.allSatisfy { 2_000..<7_000 ~= $0 } && Set(retries).count > 500)
    }

    @Test func `few streams end at once`() {
        let bench = StreamBench()
        let heard = (0..<4).map { bench.open($0) }
        bench.reload([:], says: "anew")
        #expect(heard.allSatisfy { $0.isOver && ($0.retries.last ?? 0) < 2_020 })
    }

    @Test func `the end of the server waits for nobody, and tells each when to come again`() {
        let bench = StreamBench()
        let streams = (0..<1_000).map { bench.stream($0) }
        let heard = streams.map { bench.begin($0) }
        for stream in streams { stream.drain() }
        let retries = heard.compactMap(\.retries.last)
        #expect(heard.allSatisfy(\.isOver) && retries.allSatisfy { 2_000..<7_000 ~= $0 } && Set(retries).count > 400)
        // Those that are cut because of who listens are told nothing of it.
        let other = bench.open(2_000)
        bench.asked.refuse("s2000")
        bench.hub.standingChanged(.user("u2000"))
        bench.settle()
        #expect(other.isOver && other.retries == [2_000])
    }
}
