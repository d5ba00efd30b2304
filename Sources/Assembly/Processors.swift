internal import CLinux
internal import NIOCore

/// The processors of this machine that this process may run on.
enum Processors {
    /// At least 1: what a control group leaves it, and of that what its affinity (`CPUAffinity=` of systemd, `taskset`) permits.
    static let count: Int = {
        let permitted = Int(atlas_permitted_processors(nil, 0))
        return max(1, permitted > 0 ? min(permitted, System.coreCount) : System.coreCount)
    }()
}
