import CLinux
import CVips
import Glibc
import JSON
import NIOCore
import Records

/// The helper process: this same binary as `helper media`, which decodes images for the server and can do nothing else.
///
/// It opens libvips, gives up everything that decoding does not need, says what holds, and then serves one request at a time from its
/// socket until that is closed, nothing has come for a while, or it has served its share.
package enum MediaHelper {
    /// Images after which a helper makes way for a fresh one, so that leaks and fragmentation stay bounded.
    static let share = 64
    static let idleMilliseconds: Int32 = 30_000
    /// Seconds of processor time for all its images; after half of it the helper makes way.
    static let processorSeconds = 240

    /// The whole life of the helper; to be called before anything else of the program is set up. Gives the exit status.
    package static func main() -> Int32 {
        atlas_become_helper()
        if let fault = atlas_vips_open() {
            send(["fault": .string(String(cString: fault))])
            return 1
        }
        let limits = AtlasLimits(
            address_space: 3 << 30, file_size: 256 << 20, cpu: UInt64(processorSeconds),
            descriptors: UInt64(ATLAS_MESSAGE_DESCRIPTORS) + 32)
        let held = atlas_contain(limits)
        // Without the filter a hole in a codec would be a hole in the server.
        guard held.seccomp, held.no_new_privileges, held.limits else {
            send(["fault": "this kernel refuses seccomp filters or limits: images are not processed"])
            return 1
        }
        send(["landlock": .integer(Int64(held.landlock ? held.landlock_version : 0))])

        var served = 0
        while true {
            var bytes = [UInt8](repeating: 0, count: HelperMessage.longest)
            var descriptors = [Int32](repeating: -1, count: Int(ATLAS_MESSAGE_DESCRIPTORS))
            var count = descriptors.count
            let length = atlas_receive_message(
                Int32(ATLAS_HELPER_SOCKET), &bytes, bytes.count, &descriptors, &count, idleMilliseconds)
            if length == -Int(ETIMEDOUT) {
                // A request that crosses this word has not been begun, and is given to another helper.
                send(["bye": true])
                return 0
            }
            guard length > 0 else { return 0 }
            descriptors.removeSubrange(count...)
            defer { for descriptor in descriptors { close(descriptor) } }
            guard let message = try? JSONParser.parse(Array(bytes.prefix(length))) else { return 1 }
            served += 1
            let last = served >= share || processorTime() >= processorSeconds / 2
            send(answer(message, descriptors, last: last))
            if last { return 0 }
        }
    }

    private static func answer(_ message: JSONValue, _ descriptors: [Int32], last: Bool) -> JSONValue {
        if message["do"]?.string == "probe" { return ContainmentProbe.run() }
        guard let (type, plan) = HelperMessage.plan(message), let input = descriptors.first,
            descriptors.count == plan.variants.count + 1
        else { return HelperMessage.failure(.unavailable("malformed request")) }
        do throws(MediaError) {
            let outcome = try ImagePipeline.run(type: type, plan: plan, input: input, outputs: Array(descriptors.dropFirst()))
            return [
                "width": .integer(Int64(outcome.width)), "height": .integer(Int64(outcome.height)),
                "pages": .integer(Int64(outcome.pages)), "thumbhash": .string(Base64.standard(outcome.thumbHash)),
                "color": .string(outcome.color), "last": .bool(last),
                "skipped": .array(outcome.skipped.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
            ]
        } catch {
            return HelperMessage.failure(error)
        }
    }

    private static func send(_ message: JSONValue) {
        var buffer = ByteBuffer()
        buffer.writeJSON(message)
        buffer.withUnsafeReadableBytes { bytes in
            _ = atlas_send_message(Int32(ATLAS_HELPER_SOCKET), bytes.baseAddress, bytes.count, nil, 0)
        }
    }

    private static func processorTime() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    }
}

/// Tries, from inside, what a helper must not be able to do. For tests of the containment; harmless where it succeeds.
enum ContainmentProbe {
    /// The names of what was tried, with the errno it gave; 0 where it succeeded.
    static func run() -> JSONValue {
        func code(_ result: Int) -> JSONValue { .integer(result < 0 ? Int64(errno) : 0) }
        var members: [JSONMember] = []
        func attempt(_ name: String, _ body: () -> Int) { members.append(JSONMember(name: name, value: code(body()))) }
        attempt("read a file") { Int(open("/etc/passwd", O_RDONLY)) }
        attempt("list a directory") { Int(open("/", O_RDONLY | O_DIRECTORY)) }
        attempt("create a file") { Int(open("/tmp/atlas-probe", O_WRONLY | O_CREAT, 0o600)) }
        attempt("remove a file") { Int(unlink("/tmp/atlas-probe")) }
        attempt("open a socket") { Int(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }
        attempt("open a local socket") { Int(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) }
        attempt("signal its parent") { Int(kill(getppid(), 0)) }
        attempt("signal any process") { Int(kill(-1, 0)) }
        attempt("raise a limit") {
            var limits = rlimit(rlim_cur: 1 << 40, rlim_max: 1 << 40)
            return Int(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits))
        }
        attempt("start a program") { Int(execv("/bin/true", [nil])) }
        return .object(members)
    }
}
