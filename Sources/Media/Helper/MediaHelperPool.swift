import CLinux
import Glibc
import JSON
package import Logging
import NIOPosix
import Synchronization

/// A bounded number of helper processes, and the queue before them.
///
/// Each job has a helper for itself; a helper that crashes, is killed or takes too long fails its job alone, and the next one gets a fresh
/// helper. All blocking happens on threads of the pool's own. Helpers start when they are needed and end when they are idle.
package final class MediaHelperPool: Sendable {
    package struct Settings: Sendable {
        /// The program to start and its arguments: this binary as the helper.
        package var executable = "/proc/self/exe"
        package var arguments = ["helper", "media"]
        /// Where the variants are written; exists, and is on the disk of the object store.
        package var directory: String
        package var size: Int
        /// For one image, after its turn has come.
        package var timeoutMilliseconds: Int32 = 60_000
        /// Told on a thread of the pool of each request that a helper was given.
        package var onRequest: @Sendable () -> Void = {}

        package init(directory: String, size: Int = MediaHelperPool.defaultSize()) {
            self.directory = directory
            self.size = size
        }
    }

    /// min(cores, memory / 512 MB), 1 to 8 (09-security, overload).
    package static func defaultSize() -> Int {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let memory = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE))).partialValue
        return max(1, min(cores, memory / (512 << 20), 8))
    }

    private struct State {
        var idle: [HelperProcess] = []
        var busy: [HelperProcess] = []
        var isClosed = false
        var isAnnounced = false
    }

    private let settings: Settings
    private let logger: Logger
    private let threads: NIOThreadPool
    private let state = Mutex(State())

    package init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        threads = NIOThreadPool(numberOfThreads: max(1, settings.size))
        threads.start()
    }

    /// Makes everything of the plan from the image at `path`. The files in the result are the caller's; after an error there are none.
    ///
    /// Throws `MediaError`, or `CancellationError` when the task is cancelled, which kills the helper at once.
    package func process(_ path: String, plan: MediaPlan) async throws -> MediaResult {
        let job = HelperJob()
        return try await withTaskCancellationHandler {
            do {
                return try await threads.runIfActive { try self.run(path, plan, job) }
            } catch {
                if job.isCancelled || Task.isCancelled { throw CancellationError() }
                if let error = error as? MediaError { throw error }
                throw MediaError.unavailable("media processing is shutting down")
            }
        } onCancel: {
            job.cancel()
        }
    }

    /// Ends all helpers, the busy ones too, whose jobs fail; afterwards `process` throws.
    package func shutdown() async {
        let (idle, busy) = state.withLock { state in
            defer { state.idle = [] }
            state.isClosed = true
            return (state.idle, state.busy)
        }
        for helper in busy { helper.kill() }
        for helper in idle { helper.end() }
        try? await threads.shutdownGracefully()
    }

    /// The process ids of the helpers that are at work, or idle.
    package func processes(busy: Bool) -> [Int32] { state.withLock { busy ? $0.busy : $0.idle }.map(\.id) }

    /// What a helper can do that it must not be able to: see `ContainmentProbe`.
    package func probe() async throws -> [(attempt: String, errno: Int64)] {
        let job = HelperJob()
        return try await threads.runIfActive {
            let answer = try self.exchange(["do": "probe"], descriptors: [], job)
            guard case .object(let members) = answer else { return [] }
            return members.map { ($0.name, $0.value.integer ?? 0) }
        }
    }

    // MARK: On a thread of the pool

    private func run(_ path: String, _ plan: MediaPlan, _ job: HelperJob) throws -> MediaResult {
        guard plan.variants.count <= MediaPlan.maximumVariants else { throw MediaError.unsupported("too many variants") }
        let input = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw MediaError.unavailable("the image cannot be read (\(String(cString: strerror(errno))))") }
        defer { close(input) }
        guard let type = MediaType.detect(HelperOutput.prefix(of: input)), type.isImage else {
            throw MediaError.unsupported("not an image of a type that is accepted")
        }
        let header = try HelperOutput.header(of: input)
        try plan.limits.check(width: header.width, height: header.height, pages: header.frames, interlaced: header.interlaced)

        // The helper writes to memory; only what the server itself has read from there and hashed reaches the disk.
        var outputs: [Int32] = []
        defer { for output in outputs { close(output) } }
        for _ in plan.variants {
            let output = atlas_memory_file("atlas-variant")
            guard output >= 0 else { throw MediaError.unavailable("no memory file (\(String(cString: strerror(errno))))") }
            outputs.append(output)
        }
        let answer = try exchange(HelperMessage.request(type: type, plan: plan), descriptors: [input] + outputs, job)
        if let error = HelperMessage.error(in: answer) { throw error }
        return try HelperOutput.result(answer, type: type, plan: plan, outputs: outputs, directory: settings.directory)
    }

    /// Asks a helper. One that had ended before it began is replaced.
    private func exchange(_ request: JSONValue, descriptors: [Int32], _ job: HelperJob) throws -> JSONValue {
        while true {
            let helper = try take()
            guard job.begin(helper) else {
                giveBack(helper, keep: true)
                throw CancellationError()
            }
            do {
                let answer = try helper.exchange(
                    request, descriptors: descriptors, timeout: settings.timeoutMilliseconds, sent: settings.onRequest)
                let wasCancelled = !job.end()
                giveBack(helper, keep: !wasCancelled && answer != nil && answer?["last"]?.bool != true)
                if wasCancelled { throw CancellationError() }
                if let answer { return answer }
            } catch {
                _ = job.end()
                if !(error is CancellationError) {
                    giveBack(helper, keep: false)
                    logger.warning("media helper failed", metadata: ["pid": "\(helper.id)", "error": "\(error)"])
                }
                throw error
            }
        }
    }

    private func take() throws -> HelperProcess {
        let (idle, isClosed) = state.withLock { state in
            let helper = state.isClosed ? nil : state.idle.popLast()
            if let helper { state.busy.append(helper) }
            return (helper, state.isClosed)
        }
        if isClosed { throw MediaError.unavailable("media processing is shutting down") }
        if let idle { return idle }
        let helper = try HelperProcess(executable: settings.executable, arguments: settings.arguments)
        let (isFirst, closed) = state.withLock { state in
            defer { state.isAnnounced = true }
            state.busy.append(helper)
            return (!state.isAnnounced, state.isClosed)
        }
        if closed {
            giveBack(helper, keep: false)
            throw MediaError.unavailable("media processing is shutting down")
        }
        if isFirst {
            let landlock = helper.landlock > 0 ? "landlock \(helper.landlock)" : "no landlock (the kernel lacks it)"
            logger.info("media helpers are contained", metadata: ["by": "limits, no_new_privs, seccomp, \(landlock)"])
        }
        return helper
    }

    private func giveBack(_ helper: HelperProcess, keep: Bool) {
        let kept = state.withLock { state in
            state.busy.removeAll { $0 === helper }
            guard keep, !state.isClosed else { return false }
            state.idle.append(helper)
            return true
        }
        if !kept { helper.end() }
    }
}

/// Ties the cancellation of a task to the helper that works for it.
private final class HelperJob: Sendable {
    private struct State {
        var helper: HelperProcess?
        var isCancelled = false
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// False when it is cancelled already.
    func begin(_ helper: HelperProcess) -> Bool {
        state.withLock { state in
            if !state.isCancelled { state.helper = helper }
            return !state.isCancelled
        }
    }

    /// False when it was cancelled meanwhile, and the helper killed.
    func end() -> Bool {
        state.withLock { state in
            state.helper = nil
            return !state.isCancelled
        }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.helper?.kill()
        }
    }
}
