import ExampleFiles
import Testing

@testable import Config

@Suite struct MistakeTests {
    static let all: [Mistake] = [
        // Slips of the hand in keys, tables and words
        Mistake("sevra", "site_url =", "site_ulr =", "unknown key 'site_ulr'", "did you mean 'site_url'?"),
        Mistake("sevra", "[backoffice]", "[backofice]", "unknown key 'backofice'", "did you mean 'backoffice'?"),
        Mistake("sevra", "mode    = \"acme\"", "mode    = \"acmee\"", "'acmee' is not one of", "did you mean 'acme'?"),
        Mistake("sevra", "per_phone =", "per_fone =", "unknown key 'per_fone'", "did you mean 'per_phone'?"),
        Mistake("sevra", "methods     = [\"otp\"]", "methods     = [\"opt\"]", "'opt' is not one of", "did you mean 'otp'?"),
        Mistake("sevra", "\"zwnj\", \"diacritics\"", "\"zwjn\", \"diacritics\"", "'zwjn' is not one of", "did you mean 'zwnj'?"),
        Mistake("sevra", "driver = \"kavenegar\"", "driver = \"kavenegr\"", "'kavenegr' is not one of", "did you mean 'kavenegar'?"),
        Mistake("sevra", "{ kavenegar = \"verify\"", "{ kavenegr = \"verify\"", "unknown provider 'kavenegr'", "did you mean 'kavenegar'?"),
        Mistake(
            "writers", "severity = \"critical\" }\nerrors", "severity = \"critcal\" }\nerrors", "'critcal' is not one of", "'critical'"),
        Mistake("orders", "formats = [\"csv\", \"xlsx\"", "formats = [\"csv\", \"xls\"", "'xls' is not one of", "did you mean 'xlsx'?"),
        Mistake("orders", "align = \"end\" },\n  { head = \"Unit", "align = \"right\" },\n  { head = \"Unit", "'right' is not one of"),
        Mistake("writers", "require = [\"upper\"", "require = [\"uper\"", "'uper' is not one of", "did you mean 'upper'?"),
        // Names of what is declared elsewhere
        Mistake(
            "sevra", "notify    = \"otp_code\"", "notify    = \"otp_cod\"", "unknown notification 'otp_cod'", "did you mean 'otp_code'?"),
        Mistake("sevra", "[{ notify = \"operators\" }]", "[{ notify = \"oprators\" }]", "unknown notification 'oprators'", "'operators'"),
        Mistake("sevra", "\"alert.firing\", ", "\"alert.fireing\", ", "there is no event 'alert.fireing'", "did you mean 'alert.firing'?"),
        Mistake(
            "sevra", "[\"salons\", \"artists\", \"posts\"]", "[\"salons\", \"artist\", \"posts\"]", "unknown collection 'artist'",
            "'artists'"),
        Mistake("sevra", "{ of = \"users\", growth", "{ of = \"usres\", growth", "unknown collection 'usres'", "did you mean 'users'?"),
        Mistake("sevra", "job = \"sitemap.rebuild\"", "job = \"sitemap.build\"", "unknown job 'sitemap.build'", "'sitemap.rebuild'"),
        Mistake(
            "writers", "event = \"tasks.done\"", "event = \"tasks.finished\"", "'tasks' has no event 'finished'", "did you mean 'finish'?"),
        Mistake("writers", "event = \"tasks.done\"", "event = \"task.done\"", "unknown collection 'task'", "did you mean 'tasks'?"),
        Mistake("writers", "[{ job = \"transcribe\" }]", "[{ job = \"transcribes\" }]", "unknown job 'transcribes'", "'transcribe'"),
        Mistake("writers", "document = \"task_summary\"", "document = \"task_sumary\"", "unknown document 'task_sumary'", "'task_summary'"),
        Mistake("writers", "queue   = \"gpu\"", "queue   = \"cpu\"", "unknown queue 'cpu'", "did you mean 'gpu'?"),
        Mistake("writers", "record  = \"tasks\"", "record  = \"task\"", "unknown collection 'task'", "did you mean 'tasks'?"),
        Mistake("writers", "failed = \"fail\"", "failed = \"fial\"", "'tasks' has no transition 'fial'", "did you mean 'fail'?"),
        Mistake(
            "writers", "progress = \"progress\" ", "progress = \"progres\" ", "'tasks' has no field 'progres'", "did you mean 'progress'?"),
        Mistake("writers", "into = \"summary_pdf\"", "into = \"summary_pfd\"", "'tasks' has no field 'summary_pfd'", "'summary_pdf'"),
        Mistake("orders", "each          = \"hooks\"", "each          = \"hoks\"", "unknown collection 'hoks'", "did you mean 'hooks'?"),
        Mistake(
            "orders", "tenant      = \"tenants\"", "tenant      = \"tenant\"", "unknown collection 'tenant'", "did you mean 'tenants'?"),
        Mistake("orders", "of    = \"orders.total\"", "of    = \"orders.totl\"", "'orders' has no field 'totl'", "did you mean 'total'?"),
        Mistake("orders", "insert = \"memberships\"", "insert = \"membership\"", "unknown collection 'membership'", "'memberships'"),
        Mistake("orders", "\"exports.create\" =", "\"export.create\" =", "unknown collection 'export'", "did you mean 'exports'?"),
        // Values and their units
        Mistake("sevra", "microcache = \"5s\"", "microcache = 5", "a duration needs its unit", "\"5s\""),
        Mistake("sevra", "\"10/m per ip\"", "\"10/min per ip\"", "'min' is no window", "the units are s, m, h, d"),
        Mistake("sevra", "default = \"100/m per ip\"", "default = \"100/m per address\"", "'address' is nobody"),
        Mistake("writers", "burst 20\"", "brust 20\"", "'brust' does not belong here", "did you mean 'burst'?"),
        Mistake("writers", "lockout = \"5/15m\"", "lockout = 5", "a rate is expected here, not a whole number", "write \"5/15m\""),
        Mistake("writers", "lockout = \"5/15m\"", "lockout = \"5\"", "it is no rate", "write \"5/15m\""),
        Mistake(
            "writers", "lockout = \"5/15m\"", "lockout = \"7/1h per ip\"", "a lock-out is a count and a time, and nothing besides",
            "write \"7/1h\""),
        Mistake("writers", "lockout = \"5/15m\"", "lockout = \"7/1h burst 3\"", "a lock-out is a count and a time", "write \"7/1h\""),
        Mistake("writers", "lockout = \"5/15m\"", "lockout = \"5/15min per ip\"", "'15min' is no window"),
        Mistake(
            "orders", "access_ttl   =", "lockout = \"5/15m\"\naccess_ttl   =", "unknown key 'lockout'",
            "it stands in 'password', a table of its own"),
        Mistake("orders", "access_ttl   =", "ttl          =", "unknown key 'ttl'", "'otp' or 'verify_email' or 'reset'"),
        Mistake(
            "orders", "\"header:X-Tenant\"", "\"header: X-Tenant\"", "says not where the tenant is named", "did you mean 'header:X-Tenant'?"
        ),
        Mistake(
            "orders", "\"header:X-Tenant\"", "\"heder:X-Tenant\"", "says not where the tenant is named", "did you mean 'header:X-Tenant'?"),
        Mistake("orders", "\"query:tenant\"", "\"query\"", "says not where the tenant is named", "did you mean 'query:NAME'?"),
        Mistake(
            "orders", "name     = \"string\"\nimage", "password = \"string\"\nimage", "every user has a password already",
            "[auth.password]"),
        Mistake("writers", "memory  = \"2GB\"", "memory  = \"2G\"", "'G' is no unit here", "did you mean '2GB'?"),
        Mistake("writers", "margin = \"20mm\"", "margin = \"20\"", "the unit is missing", "mm"),
        Mistake("sevra", "cron = \"0 4 * * *\"", "cron = \"0 4 * *\"", "a schedule has five fields, not 4", "minute hour day"),
        Mistake("sevra", "cron = \"0 4 * * *\"", "cron = \"0 24 * * *\"", "'24' is no hour", "0 to 23"),
        Mistake("sevra", "at      = \"03:00\"", "at      = \"3:00\"", "it is no time of day"),
        Mistake("sevra", "countries = [\"IR\"]", "countries = [\"Iran\"]", "a country has two capital letters"),
        Mistake("sevra", "digits    = 6", "digits    = 60", "60 is out of range", "4 to 10"),
        Mistake("writers", "host     = \"smtp.example.ir:587\"", "host     = \"smtp.example.ir\"", "the port is missing"),
        Mistake("writers", "from     = \"Writers <no-reply@writers.example.ir>\"", "from     = \"Writers\"", "it is no mail address"),
        Mistake("orders", "\"query:tenant\"", "\"qurey:tenant\"", "'qurey:tenant' says not where", "did you mean 'query:tenant'?"),
        Mistake("sevra", "order = \"-value\"", "order = \"-values\"", "groups are ordered by key or value", "did you mean 'value'?"),
        Mistake("orders", "\"s3:orders-backups\"", "\"s3:Orders\"", "'Orders' is no name of a bucket", "s3:bucket"),
        // Secrets
        Mistake(
            "sevra", "access_key = \"env:S3_ACCESS_KEY\"", "access_key = \"AKIA1234\"", "a secret is never written into the file",
            "env:NAME"),
        Mistake("writers", "password = \"env:SMTP_PASSWORD\"", "password = \"hunter2\"", "a secret is never written into the file"),
        Mistake("sevra", "encrypt = \"env:BACKUP_KEY\"", "encrypt = \"env:\"", "the name of the variable is missing"),
        // What belongs together
        Mistake("sevra", "notify    = \"otp_code\"\n", "", "the method \"otp\" needs 'notify'", "holds the code", offset: -12),
        Mistake(
            "orders", "reset        = { ttl = \"1h\", notify = \"password_reset\" }", "reset        = { ttl = \"1h\" }",
            "'notify' is missing"),
        Mistake("writers", "method    = \"POST\"", "headers = { Authorization = \"hunter2\" }", "a secret is never written into the file"),
        Mistake("orders", "host     = \"smtp.example.com:587\"", "host     = \":587\"", "the host is missing"),
        Mistake("sevra", "domains = [\"api.sevra.ir\"]\n", "", "mode \"acme\" needs 'domains'", offset: -2),
        Mistake("sevra", "bucket     = \"sevra-media\"\n", "", "driver \"s3\" needs 'bucket'", offset: -2),
        Mistake("writers", "subject = \"بازنشانی رمز عبور\"\n", "", "a mail needs 'subject'", offset: -1),
        Mistake("writers", "secret   = \"env:TASK_WEBHOOK_SECRET\"\n", "", "'url' needs 'secret'", "signed", offset: -1),
        Mistake(
            "writers", "multipart = {", "json = { id = \"= id\" }\nmultipart = {", "'json' and 'multipart' exclude each other", offset: 1),
        Mistake(
            "writers", "{ markdown = \"summary_md\",", "{ markdown = \"summary_md\", text = \"x\",",
            "'markdown' and 'text' exclude each other"),
        Mistake(
            "writers", "cmd     = [\"/usr/local/bin/writers-analyse\",", "cmd     = [\"writers-analyse\",",
            "the program is named by its absolute path"),
        Mistake(
            "writers", "{ summary_md = \"summary.md\" }", "{ summary_md = \"../summary.md\" }",
            "an output is a file in the program's own directory"),
        Mistake("orders", "file    = \"templates/order_received.html\"", "file    = \"templates/order_recieved.html\"", "there is no file"),
        Mistake("orders", "agg   = \"sum\"\n", "", "a field needs 'agg'", "sum, avg", offset: -1),
        Mistake(
            "orders", "path  = \"dashboard/recent-orders\"", "path  = \"/dashboard\"", "a path is made of a-z", "without a leading slash"),
        Mistake(
            "orders", "set = { tenant = \"= new\", ", "to = \"= me\", set = { tenant = \"= new\", ", "'to' does not fit 'insert'",
            "'notify'"),
        Mistake("orders", "subject = \"Order {{ new.number }}\"", "subject = \"Order {{ new.number }\"", "'{{' is never closed"),
        Mistake("orders", "[\"Tax\", \"{{ money(tax, currency) }}\"]", "[\"Tax\"]", "a total is a label and a template"),
        Mistake("orders", "allow   = \"staff\"\nformats", "allow   = true\nformats", "an expression is a string", "\"true\""),
        // What would be shut off in silence
        Mistake("writers", "transport   = [\"cookie\", \"bearer\"]", "transport   = []", "nobody could sign in", "bearer"),
        Mistake(
            "orders", "resolve     = [\"header:X-Tenant\", \"query:tenant\", \"only\"]", "resolve     = []",
            "no request would have a tenant", "header:X-Tenant"),
        Mistake("orders", "channel = \"mail\"", "channel = []", "it would go nowhere", "mail"),
        Mistake("sevra", "to      = [\"+989120000000\"]", "to      = []", "nobody would get it", "leave 'to' out"),
        Mistake("orders", "event = \"tenants.created\"", "event = []", "this would never happen", "at least one event"),
        Mistake(
            "orders", "from = \"shipped\", to = \"delivered\"", "from = [], to = \"delivered\"", "it could never be fired", "at least one"),
        Mistake("writers", "accept     = [\"text/markdown\", \"application/pdf\"]", "accept     = []", "no file could be uploaded"),
        Mistake("orders", "formats = [\"csv\", \"xlsx\", \"pdf\"]", "formats = []", "an export has formats"),
        Mistake("orders", "domains = [\"app.example.com\"]", "domains = []", "mode \"acme\" needs 'domains'", offset: -2),
        Mistake(
            "sevra", "domains = [\"api.sevra.ir\"]", "domains = [\"api.sevra.ir\"]\nchallenges = []", "no name could be proven", offset: 1),
        // Where nothing could work
        Mistake("sevra", "attempts  = 3", "attempts  = 0", "0 is out of range", "1 to 100"),
        Mistake("orders", "sessions     = { max = 20 }", "sessions     = { max = 0 }", "0 is out of range", "1 to 100000"),
        Mistake("orders", "reset        = { ttl = \"1h\"", "reset        = { ttl = \"0s\"", "the duration is too short", "above 0"),
        Mistake("orders", "invitations = true", "invitations = { ttl = \"0d\" }", "the duration is too short", "above 0"),
        Mistake("sevra", "per_phone = \"3/h\"", "per_phone = \"3/h per ip\"", "the bound of one number is a count and a time", "3/h"),
        Mistake(
            "sevra", "per_phone = \"3/h\"", "per_phone = \"3/h\"\nbudget = \"99/d per key\"", "a budget is a count and a time", "99/d",
            offset: 1),
        Mistake(
            "orders", "[tenancy]",
            "[auth.oidc.firm]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\nclient_secret = \"env:SMTP_PASSWORD\"\nscopes = []\n[tenancy]",
            "without the scope \"openid\" nobody is named", "add \"openid\"", offset: 4),
        Mistake(
            "orders", "[tenancy]",
            "[auth.oidc.firm]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\nclient_secret = \"hunter2\"\n[tenancy]",
            "a secret is never written into the file", "env:NAME", offset: 3),
        Mistake("sevra", "include = [\"sevra.directory.toml\"", "include = [\"sevra.directry.toml\"", "sevra.directry.toml cannot be read"),
    ]

    @Test func `there are enough of them`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.site)).count == 3)
    }

    @Test(arguments: all) func `a mistake is told where it was made`(mistake: Mistake) throws {
        // A file that is not read leaves names undeclared.
        let isAlone = !mistake.find.hasPrefix("include")
        let told = try mistake.check(isAlone: isAlone) { faults(of: $0, file: ExampleFile.path(mistake.file)) }.rendered()
        for canary in ["AKIA1234", "hunter2"] { #expect(!told.contains(canary)) }
    }
}
