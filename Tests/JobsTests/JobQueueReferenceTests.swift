import Conformance
import Testing

@Suite struct JobQueueReferenceTests {
    @Test("keeps the promises of a queue", arguments: JobQueueConformance.cases)
    func promise(_ promise: JobQueueCase) async throws {
        try await promise.run(ReferenceHarness())
    }
}
