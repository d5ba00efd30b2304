import Testing

@testable import Identity

@Suite struct SeldomSaidTests {
    @Test func oneOfManyIsSaidAndTheOthersAreCounted() {
        let said = SeldomSaid(every: 1_000)
        let moments: [(at: Int64, count: Int?)] = [
            (0, 1), (1, nil), (999, nil), (1_000, 3), (1_001, nil), (1_999, nil), (5_000, 3), (5_000, nil), (6_000, 2),
        ]
        for (moment, count) in moments { #expect(said.count(at: moment) == count, "\(moment)") }
    }
}
