import Glibc

/// A PostgreSQL cluster for the tests of this process: in a directory of its own, on a socket there and nowhere else, run by another user
/// than root, ended and removed when this process ends, however it ends.
final class PostgreSQLCluster: Sendable {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    /// The directory of the socket.
    let directory: String
    /// The shell that minds the cluster ends it when this is closed.
    private let leash: Int32

    static let shared = Result { try PostgreSQLCluster() }

    private static let script = """
        bin=/usr/lib/postgresql/15/bin
        if ! [ -x "$bin/postgres" ]; then echo "$bin/postgres is missing: install the package postgresql-15"; exit 1; fi
        export LC_ALL=C
        trap 'rm -rf "$1"' EXIT
        "$bin/initdb" -D "$1/data" -U atlas -A trust -E UTF8 --locale=C --no-sync >"$1/initdb.log" 2>&1 ||
            { echo "initdb: $(tail -n 3 "$1/initdb.log" | tr '\\n' ' ')"; exit 1; }
        "$bin/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \\
            -c autovacuum=off -c jit=off -c max_connections=40 -c shared_buffers=64MB 2>&1 </dev/null |
            while read -r line; do
                echo "$line" >>"$1/server.log"
                case "$line" in *"ready to accept connections"*) echo ready ;; *FATAL*) echo "$line" ;; esac
            done &
        read -r _
        kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
        wait
        """

    private init() throws {
        var template = Array("/tmp/atlas-postgresql-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing(description: "no temporary directory: errno \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var arguments = ["/bin/sh", "-c", Self.script, "sh", directory]
        if geteuid() == 0 {
            // A cluster refuses to be run by root.
            guard let user = getpwnam("postgres") ?? getpwnam("nobody") else { throw Missing(description: "no user but root") }
            chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
            let ids = ["--reuid=\(user.pointee.pw_uid)", "--regid=\(user.pointee.pw_gid)", "--clear-groups", "--"]
            arguments = ["/usr/bin/setpriv"] + ids + arguments
        }
        let input = try Self.pipe()
        let output = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reader, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writer, 1)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, arguments[0], &actions, nil, &pointers, environ)
        close(input.reader)
        close(output.writer)
        leash = input.writer
        defer { close(output.reader) }
        guard status == 0 else { throw Missing(description: "\(arguments[0]) does not start: \(status)") }
        let answer = Self.line(of: output.reader)
        guard answer == "ready" else {
            throw Missing(description: "PostgreSQL does not run (packaging/install-packages test): \(answer)")
        }
    }

    private static func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Missing(description: "no pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func line(of descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != 0x0A { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
