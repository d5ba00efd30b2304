import JSON
import Testing

@testable import Config

@Suite struct SchemaTests {
    @Test func `the JSON Schema knows every key`() throws {
        let schema = ConfigurationSchema.json
        #expect(schema["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["additionalProperties"]?.bool == false)
        let ttl = schema["properties"]?["auth"]?["properties"]?["access_ttl"]
        #expect(ttl?["default"]?.string == "15m")
        #expect(ttl?["type"]?.string == "string")
        let names = schema["properties"]?["collections"]?["patternProperties"]
        guard case .object(let patterns)? = names else { throw Faults([]) }
        #expect(patterns.first?.value["properties"]?["fields"] != nil)
        // Keys of the language and names of the operator in one table.
        let alerts = schema["properties"]?["alerts"]
        #expect(alerts?["properties"]?["to"] != nil)
        guard case .object(let names)? = alerts?["patternProperties"] else { throw Faults([]) }
        #expect(names.map(\.name) == ["^(?!(to)$)[a-z][a-z0-9_]{0,59}$"])
        #expect(schema["properties"]?["test"]?["items"]?["required"] == ["do", "expect"])
    }

    @Test func `the JSON Schema tells which lists may not be empty`() throws {
        let schema = ConfigurationSchema.json
        /// Of a list, or of one value where a list of one is meant.
        func least(_ property: JSONValue?) -> Int64? {
            let forms = property?["anyOf"]?.array ?? [property].compactMap { $0 }
            return forms.first { $0["type"] == "array" }?["minItems"]?.integer
        }
        let sections = schema["properties"]
        #expect(least(sections?["auth"]?["properties"]?["transport"]) == 1)
        #expect(least(sections?["tenancy"]?["properties"]?["resolve"]) == 1)
        #expect(least(sections?["on"]?["items"]?["properties"]?["event"]) == 1)
        #expect(least(sections?["on"]?["items"]?["properties"]?["do"]) == 1)
        // An empty one shuts nothing off here.
        #expect(least(sections?["server"]?["properties"]?["cors"]) == nil)
    }

    @Test func `defaults of the description are those of the code`() {
        func check<Target>(_ section: Section<Target>, _ target: Target) {
            let text = section.keys.compactMap { key in key.description.initial.map { "\(key.description.name) = \($0)" } }
            guard let root = try? TOMLParser.parse(text.joined(separator: "\n"), file: ""), let table = root.table else {
                Issue.record("no TOML: \(text)")
                return
            }
            var read = target
            let reading = Reading(environment: [:], directories: ["": ""])
            var whole = section
            whole.check = { _, _, _ in }
            for key in table.members {
                for known in whole.keys where known.description.name == key.name {
                    #expect(known.read(key.node, &read, reading), "\(key.name)")
                }
            }
            var plain = dumped(read)
            if Target.self == App.self { plain = plain.replacing("\"/data\"", with: "\"data\"") }
            #expect(plain == dumped(target))
        }
        let here = Location(file: "", line: 1, column: 1)
        check(Language.app, App())
        check(Language.server, Server())
        check(Language.database, Database())
        check(Language.storage, Storage())
        check(Language.log, Log())
        check(Language.auth, Auth())
        check(Language.connection, Server())
        check(Language.password, Auth())
        check(Language.queue, QueueDeclaration(name: "q", at: here))
        check(Language.mediaKind, MediaKind(name: "k", at: here))
        check(Language.variant, MediaVariant(name: "v"))
        check(Language.collection, CollectionDeclaration(name: "c", at: here))
        check(Language.staticSection, StaticFiles())
        check(Language.proxySection, ProxyDeclaration(at: here))
        check(Language.tls, TLSSettings())
        check(Language.cacheStore, CacheSettings())
        check(Language.queueStore, QueueStoreSettings())
        check(Language.otp, OTPSettings())
        check(Language.proof("\"24h\""), Auth().verifyEmail)
        check(Language.proof("\"1h\""), Auth().reset)
        check(Language.oidcSection, OIDCDeclaration(name: "o", at: here))
        check(Language.tenancySection, TenancyDeclaration(at: here))
        check(Language.invitationSection, InvitationPreset())
        check(Language.hookSection, HookPreset())
        check(Language.job, JobDeclaration(name: "j", at: here))
        check(Language.mail, MailSettings())
        check(Language.sms, SMSSettings())
        check(Language.webhook, WebhookDeclaration(name: "w", at: here))
        check(Language.export, ExportDeclaration(name: "e", at: here))
        check(Language.page, DocumentDeclaration.Page())
        check(Language.figure, FigureDeclaration(name: "f", at: here))
        check(Language.search, SearchSettings())
        check(Language.realtime, RealtimeSettings())
        check(Language.backoffice, BackofficeSettings())
        check(Language.audit, AuditSettings())
        check(Language.backup, BackupSettings())
        check(Language.keep, BackupSettings.Keep())
        check(Language.metrics, MetricsSettings())
        check(Language.alert, AlertDeclaration(name: "a", at: here))
        check(Language.test, TestDeclaration(at: here))
        check(Language.checkSection, CheckDeclaration(rule: Located("", at: here), message: ""))
        check(Language.transition, TransitionDeclaration(name: "t", at: here, from: [], to: Located("", at: here)))
        check(Language.field, FieldDeclaration(name: "f", at: here, type: Located(.ref, at: here)))
    }
}
