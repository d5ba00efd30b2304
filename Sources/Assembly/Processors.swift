internal import CLinux
internal import NIOCore

/// The processors of this machine that this process may run on.
enum Processors {
    /// At least 1: what a control group leaves it, and of that what its affinity (`CPUAffinity=` of systemd, `taskset`) permits.
    static let count: Int = numbers.isEmpty ? System.coreCount : min(numbers.count, System.coreCount)

    /// Those that may be kept busy without a cost to what this process has to do besides: all that it may run on, but none where a control group
    /// gives it less time than they have. That time is everybody's, whatever they were given it for.
    static let free: [CInt] = numbers.count <= System.coreCount ? numbers : []

    private static let numbers: [CInt] = {
        var numbers = [CInt](repeating: 0, count: 1024)
        let count = numbers.withUnsafeMutableBufferPointer { atlas_permitted_processors($0.baseAddress, CInt($0.count)) }
        return Array(numbers.prefix(Int(count)))
    }()
}
