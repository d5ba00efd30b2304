import Conformance
import NIOPosix
import Testing

@testable import SQLiteStore

@Suite struct ConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func keepsThePromises(_ test: StoreConformance.Case) async throws {
        try await withTemporaryDirectory { directory in
            let group = MultiThreadedEventLoopGroup.singleton
            try await StoreConformance.run(test, on: group.next()) { collections in
                try SQLiteStore.open(directory: directory, collections: collections, options: .init(readers: 2), group: group)
            }
        }
    }
}
