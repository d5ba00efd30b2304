import Glibc
import JSON
import NIOHTTP1

/// Where this repository's files are, from where this file was compiled.
package enum Repository {
    package static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    package static let exampleConfiguration = "\(root)/atlas.toml.example"

    /// The program that was built with these tests: it lies beside the test bundle that is running.
    package static let program: String = {
        for argument in CommandLine.arguments {
            guard let end = argument.range(of: "/atlasPackageTests.xctest") else { continue }
            return argument[..<end.lowerBound] + "/atlas"
        }
        return "\(root)/.build/debug/atlas"
    }()
}

extension String {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}

/// How a program is started, beside its directory.
package struct Setup: Sendable {
    /// The file, in the directory unless it is absolute.
    package var configuration = "atlas.toml"
    /// Arguments of `--set`, later ones winning.
    package var settings: [String] = []
    /// Variables that the file's `env:` names refer to.
    package var environment: [String: String] = [:]

    package init(configuration: String = "atlas.toml", settings: [String] = [], environment: [String: String] = [:]) {
        self.configuration = configuration
        self.settings = settings
        self.environment = environment
    }

    fileprivate func options(_ directory: Directory) -> [String] {
        let file = configuration.hasPrefix("/") ? configuration : directory.file(configuration)
        let all = ["app.data_dir=\(directory.file("data"))", "server.http=[\"127.0.0.1:0\"]"] + settings
        return ["--config", file] + all.flatMap { ["--set", $0] }
    }
}

/// The program serving a directory of its own, on a port that the system chose.
package final class Program: Sendable {
    package let directory: Directory
    package let port: Int
    private let child: Child

    /// Starts `atlas serve` and waits for its first line, which bears the bound addresses.
    package init(_ directory: Directory, setup: Setup = Setup()) async throws {
        self.directory = directory
        let child = try await Child(Repository.program, ["serve"] + setup.options(directory), environment: setup.environment)
        let line = try await child.line { $0.contains("\"addresses\"") }
        guard let address = try JSONParser.parse(line)["addresses"]?.array?.first?.string,
            let port = address.split(separator: ":").last.flatMap({ Int($0) })
        else { throw Child.NoSuchLine(output: child.output) }
        self.child = child
        self.port = port
    }

    /// Runs another command of the program on the same directory; gives its status and output.
    package static func run(_ command: [String], in directory: Directory, setup: Setup = Setup(), input: String = "") async throws -> (
        status: Int32, output: [String]
    ) {
        try await Child(
            Repository.program, command + setup.options(directory), input: input, environment: setup.environment
        ).finished()
    }

    package var output: [String] { child.output }

    /// Whether its output is still open.
    package var isRunning: Bool { child.isRunning }

    package func line(where matches: @escaping @Sendable (String) -> Bool) async throws -> String { try await child.line(where: matches) }

    /// Its memory that is no file's, in bytes.
    package func memory() throws -> Int {
        let lines = String(decoding: try Directory.read("/proc/\(child.process)/status"), as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("RssAnon:") }) else { return 0 }
        return 1024 * (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    }

    package func signal(_ number: Int32) { child.signal(number) }

    package func exitStatus() async throws -> Int32 { try await child.exitStatus() }
}
