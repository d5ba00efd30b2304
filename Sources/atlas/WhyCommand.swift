import ArgumentParser
import Assembly
import Glibc
import JSON
import Logging

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say which rule decides what somebody may do with a record, and by which values.",
        discussion: """
            Verbs are read, list, create, update, delete, restore, and the names of transitions and actions. The user is an id, an e-mail
            address, a phone number, a username, or anonymous. With the server running or not; nothing is changed. Exits with 1 when it is
            refused.

            EXAMPLES:
              atlas why anonymous list /posts
              atlas why me@example.org publish /posts/hello-world
              atlas why ann@example.org list /orders --tenant acme
            """)

    @OptionGroup var options: DataOptions

    @Argument(help: "Who asks.")
    var user: String

    @Argument(help: "What for.")
    var verb: String

    @Argument(help: "A record or a collection, as in a URL.")
    var path: String

    @Option(help: "The tenant by its id or lookup, where the record does not say it.")
    var tenant: String?

    func run() async throws {
        let site = try options.site()
        let answer: JSONValue
        do {
            let log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
            let question = Why.Question(user: user, verb: verb, path: path, tenant: tenant)
            answer = try await Why.ask(question, site: site, log: log)
        } catch {
            complain(describe(error))
            throw ExitCode(2)
        }
        print(isatty(1) == 1 ? Self.text(answer) : answer.text)
        guard answer["allowed"]?.bool == true else { throw ExitCode(1) }
    }

    /// For a person: the verdict, then each rule with its parts, `✓` for what holds.
    static func text(_ answer: JSONValue) -> String {
        let isAllowed = answer["allowed"]?.bool == true
        var lines = [
            "\(answer["user"]?.string ?? "") \(isAllowed ? "may" : "may not") \(answer["verb"]?.string ?? "") \(answer["record"]?.string ?? "")",
            "  \(answer["reason"]?.string ?? "")",
        ]
        for rule in answer["rules"]?.array ?? [] { lines += block(rule, title: rule["asks"]?.string ?? "") }
        for field in answer["fields"]?.array ?? [] {
            lines += block(field, title: "the field \(field["field"]?.string ?? "") (\(field["asks"]?.string ?? ""))")
        }
        return lines.joined(separator: "\n")
    }

    private static func block(_ rule: JSONValue, title: String) -> [String] {
        var lines = ["", "\(mark(rule["holds"])) \(title): \(rule["rule"]?.string ?? "no rule is written")"]
        if let at = rule["at"]?.string { lines.append("    at \(at)") }
        for part in rule["parts"]?.array ?? [] {
            let indent = String(repeating: "  ", count: Int(part["depth"]?.integer ?? 0) + 2)
            var line = "\(indent)\(mark(part["holds"])) \(part["text"]?.string ?? "")"
            if case .object(let values)? = part["values"], !values.isEmpty {
                line += "   where " + values.map { "\($0.name) is \($0.value.string ?? "")" }.joined(separator: ", ")
            }
            if let at = part["at"]?.string { line += "   (\(at))" }
            lines.append(line)
        }
        return lines
    }

    private static func mark(_ truth: JSONValue?) -> String {
        switch truth?.bool {
        case true?: "✓"
        case false?: "✗"
        case nil: "?"
        }
    }
}
