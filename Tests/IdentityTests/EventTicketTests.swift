import Ports
import Records
import Testing

@testable import Identity

@Suite struct EventTicketTests {
    private let tickets = EventTickets(MasterKey(bytes: Array(repeating: 7, count: 32)))

    @Test func aTicketOpensForAMinuteAndThenForWhoHasRead() throws {
        let text = tickets.issue(session: "s", tenant: "t", at: 1_000_000)
        let ticket = try #require(tickets.open(text))
        #expect(ticket.session == "s" && ticket.tenant == "t" && ticket.issuedAt == 1_000_000)
        let end = 1_000_000 + EventTickets.lifetime
        for (now, opens) in [(999_999, false), (1_000_000, true), (end - 1, true), (end, false)] as [(Int64, Bool)] {
            #expect(ticket.opens(at: now, proof: nil) == opens, "\(now)")
            #expect(ticket.opens(at: now, proof: "x") == opens, "\(now)")
            #expect(ticket.opens(at: now, proof: "") == opens, "\(now)")
            #expect(ticket.opens(at: now, proof: ticket.proof), "\(now)")
        }
        let other = try #require(tickets.open(tickets.issue(session: "s", tenant: "t", at: 1_000_000)))
        #expect(other.proof != ticket.proof && !ticket.opens(at: end, proof: other.proof), "each ticket has a proof of its own")
        #expect(!text.contains(ticket.proof))
    }

    @Test func whatWasNotIssuedHereOpensNothing() throws {
        let text = tickets.issue(session: "s", tenant: nil, at: 5)
        #expect(tickets.open(text)?.tenant == nil)
        let foreign = EventTickets(MasterKey(bytes: Array(repeating: 8, count: 32)))
        let sealed = Base64.url(Sealing(MasterKey(bytes: Array(repeating: 7, count: 32))).seal(Array(#"{"session":"s","at":5}"#.utf8)))
        for forged in ["", "x", String(text.dropLast()), text + "A", String(text.reversed()), String(repeating: "A", count: 5_000), sealed]
        {
            #expect(tickets.open(forged) == nil, "\(forged.prefix(40))")
        }
        #expect(tickets.open(foreign.issue(session: "s", tenant: nil, at: 5)) == nil)
        for index in text.indices where text[index] != "A" {
            var changed = text
            changed.replaceSubrange(index...index, with: "A")
            #expect(tickets.open(changed) == nil)
        }
    }
}
