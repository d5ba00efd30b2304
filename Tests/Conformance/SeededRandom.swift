import Ports
import Synchronization

/// The same bytes in every run (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
package final class SeededRandom: Random {
    private let state: Mutex<UInt64>

    package init(_ seed: UInt64 = 1) {
        state = Mutex(seed)
    }

    package func bytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                return UInt8(truncatingIfNeeded: (z ^ (z >> 31)) >> 32)
            }
        }
    }
}
