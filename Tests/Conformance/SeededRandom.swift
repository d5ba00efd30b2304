import Ports
import SeededNumbers
import Synchronization

/// The same bytes in every run.
package final class SeededRandom: Random {
    private let numbers: Mutex<SeededGenerator>

    package init(_ seed: UInt64 = 1) {
        numbers = Mutex(SeededGenerator(state: seed))
    }

    package func bytes(_ count: Int) -> [UInt8] {
        numbers.withLock { numbers in
            (0..<count).map { _ in UInt8(truncatingIfNeeded: numbers.next() >> 32) }
        }
    }
}
