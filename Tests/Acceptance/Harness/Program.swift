import Glibc
import JSON
import NIOHTTP1

/// Where this repository's files are, from where this file was compiled.
enum Repository {
    static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    static let exampleConfiguration = "\(root)/atlas.toml.example"

    /// The program that was built with these tests: it lies beside the test bundle that is running.
    static let program: String = {
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

/// The program serving a directory of its own, on a port that the system chose.
final class Program: Sendable {
    let directory: Directory
    let port: Int
    private let child: Child

    /// Starts `atlas serve` on `atlas.toml` in the directory and waits for its first line, which bears the bound addresses.
    init(_ directory: Directory) async throws {
        self.directory = directory
        let child = try await Child(Repository.program, ["serve"] + Self.options(directory))
        let line = try await child.line { $0.contains("\"addresses\"") }
        guard let address = try JSONParser.parse(line)["addresses"]?.array?.first?.string,
            let port = address.split(separator: ":").last.flatMap({ Int($0) })
        else { throw Child.NoSuchLine(output: child.output) }
        self.child = child
        self.port = port
    }

    private static func options(_ directory: Directory) -> [String] {
        [
            "--config", directory.file("atlas.toml"), "--set", "app.data_dir=\(directory.file("data"))", "--set",
            "server.http=[\"127.0.0.1:0\"]",
        ]
    }

    /// Runs another command of the program on the same directory; gives its status and output.
    static func run(_ command: [String], in directory: Directory, input: String = "") async throws -> (status: Int32, output: [String]) {
        let child = try await Child(Repository.program, command + options(directory), input: input)
        let status = try await child.exitStatus()
        return (status, child.output)
    }

    var output: [String] { child.output }

    func line(where matches: @escaping @Sendable (String) -> Bool) async throws -> String { try await child.line(where: matches) }

    func signal(_ number: Int32) { child.signal(number) }

    func exitStatus() async throws -> Int32 { try await child.exitStatus() }
}
