package import Config
internal import Glibc
package import Logging
internal import NIOPosix

/// `atlas test`: the promises that a file makes about itself, each kept or broken on a throw-away database.
package enum SiteTesting {
    package struct Outcome: Sendable {
        /// From 1, in the order of the file.
        package var number: Int
        package var name: String
        package var at: Location
        /// Empty when the promise is kept.
        package var differences: [String]
    }

    /// What the tests change of the file: everything that would reach beyond the throw-away directory.
    private static func overrides(_ directory: String) -> [(String, String)] {
        [
            ("app.data_dir", directory), ("database.url", "sqlite:test.db"), ("database.durability", "normal"), ("storage.driver", "local"),
            ("storage.dir", "files"),
        ]
    }

    /// Runs every test, one after the other, and tells of each when it has ended.
    package static func run(
        file: String?, overrides: [(String, String)], log: Logger, tell: (Outcome, _ of: Int) -> Void
    ) async throws {
        let directory = try Directory()
        defer { directory.remove() }
        let site = try Site(
            file: file, overrides: overrides + Self.overrides(directory.path), environment: Site.environment, needsSecrets: false)
        let tests = site.configuration.tests
        for (index, declared) in tests.enumerated() {
            var outcome = Outcome(
                number: index + 1, name: declared.name ?? "\(declared.request.method.rawValue) \(declared.request.path.value)",
                at: declared.at, differences: [])
            let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
            do {
                _ = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
                outcome.differences = try await SiteTest(declared: declared, site: site, backend: backend).differences()
            } catch {
                outcome.differences = [SiteTest.text(of: error)]
            }
            await backend.close()
            directory.clear()
            tell(outcome, tests.count)
        }
    }

    /// A directory of its own under /tmp.
    private struct Directory {
        let path: String

        init() throws {
            var template = Array("/tmp/atlas-test-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template) else { throw Failed() }
            path = String(cString: made)
        }

        struct Failed: Error, CustomStringConvertible {
            let description = "no directory can be made in /tmp: \(String(cString: strerror(errno)))"
        }

        func clear() { Self.empty(path) }

        func remove() {
            clear()
            rmdir(path)
        }

        private static func empty(_ path: String) {
            guard let directory = opendir(path) else { return }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                let inner = "\(path)/\(name)"
                // A link is removed and not followed.
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    empty(inner)
                    rmdir(inner)
                } else {
                    unlink(inner)
                }
            }
        }
    }
}
