import ArgumentParser
import Assembly
import Glibc
import JSON
import Schema

struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Accounts, from the operator's side.",
        discussion: """
            With the server running or not. A user is named by e-mail address, phone number or id.

            EXAMPLES:
              atlas user create email=me@example.org role=ADMIN name=Me password=-
              atlas user list
              atlas user grant me@example.org role=ADMIN
            """,
        subcommands: [Create.self, List.self, Disable.self, Enable.self, ResetPassword.self, ResetTOTP.self, Grant.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make an account, with the server running or not.",
            discussion: """
                Takes name=value for email, phone, password and any field of users; rights do not count, and the address counts as verified.
                password=- asks for the password, or reads it from standard input where that is no terminal; written out among the arguments
                it is seen by whoever may list processes, and kept in the shell's history.

                EXAMPLES:
                  atlas user create email=me@example.org role=ADMIN name=Me password=-
                  atlas user create --config atlas.toml email=you@example.org name=You password=- < password.txt
                """)

        @OptionGroup var options: DataOptions

        @Argument(help: ArgumentHelp("Fields of the account.", valueName: "name=value"))
        var fields: [String]

        func run() async throws {
            try await options.perform(["command": "user.create", "user": .object(try fieldValues(fields))]) {
                "made the user \($0["id"]?.string ?? "")"
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "The first thousand accounts, the oldest first.",
            discussion: """
                Rights are the fields of users that rules ask of the caller, such as a role; what 'grant' sets. Columns on a terminal, JSON
                otherwise, with the state of each account and whether it asks for an authenticator.

                EXAMPLES:
                  atlas user list --config atlas.toml
                  atlas user list --config atlas.toml | python3 -m json.tool
                """)

        @OptionGroup var options: DataOptions

        func run() async throws {
            try await options.perform(["command": "user.list"]) { answer in
                let users = answer["users"]?.array ?? []
                let table = ExplainedTable(
                    "users", columns: ["id", "e-mail", "phone", "last sign-in", "rights", "authenticator", "state"],
                    rows: users.map { user in
                        ["id", "email", "phone", "last_login_at"].map { user[$0]?.string ?? "-" } + [
                            rights(user["rights"]), user["authenticator"] == true ? "authenticator" : "-",
                            user["active"] == true ? "open" : "closed",
                        ]
                    })
                return String(table.text.dropLast())
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable",
            abstract: "Close an account: its sessions end at once, and nobody signs in to it.",
            discussion: """
                EXAMPLES:
                  atlas user disable --config atlas.toml somebody@example.org
                """)

        @OptionGroup var account: AccountOptions

        func run() async throws {
            try await account.perform("user.disable") {
                "closed; \($0["ended"]?.integer ?? 0) sessions ended"
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable",
            abstract: "Open an account again that was closed by 'disable'.",
            discussion: """
                EXAMPLES:
                  atlas user enable --config atlas.toml somebody@example.org
                """)

        @OptionGroup var account: AccountOptions

        func run() async throws {
            try await account.perform("user.enable") { _ in "open again" }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Give an account a new password, asked for or read from standard input; its sessions end.",
            discussion: """
                EXAMPLES:
                  atlas user reset-password --config atlas.toml somebody@example.org
                  atlas user reset-password --config atlas.toml somebody@example.org --must-change < password.txt
                """)

        @OptionGroup var account: AccountOptions
        @Flag(help: "It must be changed at the first sign-in.") var mustChange = false

        func run() async throws {
            let password = try Password.read()
            let wanted = [
                JSONMember(name: "password", value: .string(password)), JSONMember(name: "must_change", value: .bool(mustChange)),
            ]
            try await account.perform("user.reset-password", wanted) { _ in "the password is set; every session has ended" }
        }
    }

    struct ResetTOTP: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-totp",
            abstract: "Take away an authenticator that is lost; its owner's sessions end, and he is told.",
            discussion: """
                EXAMPLES:
                  atlas user reset-totp --config atlas.toml somebody@example.org
                """)

        @OptionGroup var account: AccountOptions

        func run() async throws {
            try await account.perform("user.reset-totp") {
                "no authenticator any more; \($0["ended"]?.integer ?? 0) sessions ended"
            }
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant",
            abstract: "Set fields of an account, whatever rights say.",
            discussion: """
                EXAMPLES:
                  atlas user grant --config atlas.toml somebody@example.org role=ADMIN
                  atlas user grant --config atlas.toml somebody@example.org role=AUTHOR name=Sara
                """)

        @OptionGroup var account: AccountOptions

        @Argument(help: ArgumentHelp("Fields of the account.", valueName: "name=value"))
        var fields: [String]

        func run() async throws {
            let wanted = JSONMember(name: "fields", value: .object(try fieldValues(fields)))
            try await account.perform("user.grant", [wanted]) { _ in "granted" }
        }
    }
}

/// As 'grant' takes them: `role=ADMIN`, of flags that are set the name alone.
private func rights(_ values: JSONValue?) -> String {
    guard case .object(let members)? = values else { return "-" }
    let words = members.compactMap { member -> String? in
        switch member.value {
        case .string(let text): "\(member.name)=\(text)"
        case .array(let items) where !items.isEmpty: "\(member.name)=\(items.compactMap(\.string).joined(separator: ","))"
        case .bool(true): member.name
        default: nil
        }
    }
    return words.isEmpty ? "-" : words.joined(separator: " ")
}

/// `name=value` each, as it is typed: what it means, the field says. `password=-` is asked for (`Password`).
private func fieldValues(_ fields: [String]) throws -> [JSONMember] {
    try fields.map { field in
        guard let equals = field.firstIndex(of: "=") else { throw ValidationError("write \(field)=value") }
        let name = String(field[..<equals])
        let text = String(field[field.index(after: equals)...])
        guard name == "password" else { return JSONMember(name: name, value: .string(text)) }
        if text != "-" { complain(Password.warning) }
        return JSONMember(name: name, value: .string(text == "-" ? try Password.read() : text))
    }
}
