import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// `[schedules]`: by the clock, and when an operator asks.
@Suite struct ScheduleScenarios {
    private static let site = """
        [backoffice]
        allow = "me.role == 'STAFF'"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", readonly = true }
        [collections.log.allow]
        read = "true"
        [collections.log.fields]
        text = { type = "string", filter = true }
        [schedules]
        yearly   = { cron = "0 0 1 1 *", do = [{ insert = "log", set = { text = "asked for" } }, { job = "sitemap.rebuild" }] }
        minutely = { cron = "* * * * *", do = [{ insert = "log", set = { text = "by the clock" } }] }
        """

    @Test func `a schedule runs when it is due, and when it is asked to, with the server and without`() async throws {
        try await OwnSite.runToItsEnd(Self.site, users: ["staff": "STAFF"]) { site in
            let run = ["schedule", "run", "yearly"]
            let directory = site.program.directory
            let asked = try await Program.run(run, in: directory)
            #expect(asked.status == 0, "\(asked.output)")
            try await site.api.expect(.GET, "/log?text=asked%20for", status: 200) { $0.data.array?.count == 1 }
            _ = try await site.api.eventually("/admin/jobs?queue=maintenance&status=done", as: site["staff"]) { answer in
                answer.data.array?.contains { $0["name"] == "sitemap.rebuild" } ?? false
            }
            let wrong = try await Program.run(["schedule", "run", "yearli"], in: directory)
            #expect(wrong.status == 1 && wrong.output.joined().contains("there is no schedule 'yearli'"), "\(wrong.output)")
            _ = try await site.api.eventually("/log?text=by%20the%20clock", within: .seconds(90)) { $0.data.array?.isEmpty == false }

            site.program.signal(SIGTERM)
            #expect(try await site.program.exitStatus() == 0)
            let alone = try await Program.run(run, in: directory)
            #expect(alone.status == 0, "\(alone.output)")
            let program = try await Program(directory)
            try await API(port: program.port).expect(.GET, "/log?text=asked%20for", status: 200) { $0.data.array?.count == 2 }
            program.signal(SIGTERM)
            #expect(try await program.exitStatus() == 0)
        }
    }
}
