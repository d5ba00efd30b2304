import ArgumentParser
import JSON

/// Which account of which site a command is about.
struct AccountOptions: ParsableArguments {
    @OptionGroup var site: DataOptions
    @Argument(help: "Address, number or id of the user.") var user: String

    /// As `DataOptions.perform`: the command of that name, with the user and what else it takes.
    func perform(_ command: String, _ more: [JSONMember] = [], _ text: (JSONValue) -> String) async throws {
        let named = [JSONMember(name: "command", value: .string(command)), JSONMember(name: "user", value: .string(user))]
        try await site.perform(.object(named + more), text)
    }
}
