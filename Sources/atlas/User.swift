import ArgumentParser
import Assembly
import Glibc
import JSON
import Logging

struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accounts, from the operator's side.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account, with the server running or not.",
            discussion: """
                Takes name=value for email, password and any field of users; rights do not count, and the address counts as verified.
                password=- reads the password from standard input.

                EXAMPLES:
                  printf '%s' "$PASSWORD" | atlas user create --config atlas.toml email=me@example.org role=ADMIN name=Me password=-
                """)

        @OptionGroup var options: SiteOptions

        @Argument(help: ArgumentHelp("Fields of the account.", valueName: "name=value"))
        var fields: [String]

        func run() async throws {
            var members: [JSONMember] = []
            for field in fields {
                guard let equals = field.firstIndex(of: "=") else { throw ValidationError("write \(field)=value") }
                let name = String(field[..<equals])
                let text = String(field[field.index(after: equals)...])
                if name == "password", text == "-" {
                    members.append(JSONMember(name: name, value: .string(readLine(strippingNewline: true) ?? "")))
                } else {
                    members.append(JSONMember(name: name, value: value(text, of: name)))
                }
            }
            let site = try options.site()
            do {
                let log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
                let id = try await UserCreation.run(.object(members), site: site, log: log)
                print(isatty(1) == 1 ? "made the user \(id)" : JSONValue.object(["id": .string(id)]).text)
            } catch {
                complain(describe(error))
                throw ExitCode(1)
            }
        }

        /// Numbers and truths are what they look like, but for the names that are always texts.
        private func value(_ text: String, of name: String) -> JSONValue {
            if ["email", "password", "name"].contains(name) { return .string(text) }
            switch text {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return .null
            default: return Int64(text).map { .integer($0) } ?? .string(text)
            }
        }
    }
}
