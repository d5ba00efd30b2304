import Glibc
package import JSON
import Testing

/// A program in Python that plays a server elsewhere: a relay of SMTP, or services of SMS. What it tells of itself are lines of JSON.
package final class LocalServer: Sendable {
    package let port: Int64
    private let child: Child

    private init(_ child: Child) async throws {
        self.child = child
        let first = try await child.line { $0.contains("\"port\"") }
        port = try #require(JSONParser.parse(first)["port"]?.integer)
    }

    /// `Tests/Harness/relay` with these options.
    package static func relay(_ options: [String] = []) async throws -> LocalServer {
        let tools = try await Child("\(Repository.root)/packaging/python", ["messages", "aiosmtpd==1.4.6"])
        let (status, output) = try await tools.finished()
        let directory = try #require(status == 0 ? output.last : nil, "no Python environment: \(output.joined(separator: "\n"))")
        return try await LocalServer(Child("\(directory)/bin/python", ["\(Repository.root)/Tests/Harness/relay"] + options))
    }

    /// `Tests/Harness/services`.
    package static func services(_ options: [String] = []) async throws -> LocalServer {
        try await LocalServer(Child("/usr/bin/python3", ["\(Repository.root)/Tests/Harness/services"] + options))
    }

    /// A key with its certificate for 127.0.0.1 and localhost in one file.
    package static func certificate(in directory: Directory) async throws -> String {
        let (key, certificate) = (directory.file("key.pem"), directory.file("certificate.pem"))
        let made = try await Child(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        let status = try await made.exitStatus()
        try #require(status == 0, "openssl: \(made.output.joined(separator: "\n"))")
        let both = try directory.read("key.pem") + directory.read("certificate.pem")
        try directory.write(String(decoding: both, as: UTF8.self), to: "both.pem")
        return directory.file("both.pem")
    }

    /// What it has told so far, the port apart.
    package var events: [JSONValue] { child.output.dropFirst().compactMap { try? JSONParser.parse($0) } }

    /// The first event, past or to come, that holds this text.
    package func event(holding text: String) async throws -> JSONValue {
        try JSONParser.parse(try await child.line { $0.contains(text) && !$0.hasPrefix("{\"port\"") })
    }

    /// Ends it at once.
    package func stop() async throws {
        child.signal(SIGKILL)
        _ = try await child.exitStatus()
    }
}
