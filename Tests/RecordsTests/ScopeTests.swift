import Config
import Schema
import Testing

@testable import Records

@Suite struct ScopeTests {
    @Test func scopesPermitWhatTheyName() {
        let scopes = Scopes(["orders:read", "orders:ship", "items:*", "nonsense", "a:b:c", ":"])
        for (operation, collection, isPermitted) in [
            ("read", "orders", true), ("ship", "orders", true), ("update", "orders", false), ("delete", "items", true),
            ("read", "customers", false), ("*", "orders", false), ("b", "a", false),
        ] {
            #expect(scopes.permits(operation, in: collection) == isPermitted, "\(collection):\(operation)")
        }
        #expect(!Scopes([]).permits("read", in: "orders"))
        #expect(Scopes(["b:x", "a:y"]).names == ["a:y", "b:x"])
    }

    @Test func onlyAKeyWithScopesIsHeldToThem() {
        var caller = Caller.system(now: 0)
        caller.isSystem = false
        #expect(throws: Never.self) { try caller.demand("read", in: "orders") }
        caller.key = KeyUse(id: "k", tenant: nil, scopes: nil)
        #expect(throws: Never.self) { try caller.demand("read", in: "orders") }
        caller.key = KeyUse(id: "k", tenant: nil, scopes: Scopes(["orders:read"]))
        #expect(throws: Never.self) { try caller.demand("read", in: "orders") }
        #expect(throws: RecordError.self) { try caller.demand("create", in: "orders") }
        caller.isSystem = true
        #expect(throws: Never.self) { try caller.demand("create", in: "orders") }
    }

    /// Whoever asks for a key hears which half of a scope is wrong.
    @Test(
        arguments: [
            ("orders:read", nil), ("orders:*", nil), ("orders:ship", nil), ("users:read", nil),
            ("orders", "must be a collection and an operation of it, such as 'orders:read' or 'orders:*'"),
            ("orders:", "must be a collection and an operation"), (":read", "must be a collection and an operation"),
            ("orders:read:all", "must be a collection and an operation"), ("", "must be a collection and an operation"),
            ("order:read", "there is no collection 'order'; did you mean 'orders'?"),
            ("x:read", "there is no collection 'x'"), ("orders:raed", "there is no operation 'raed'; did you mean 'read'?"),
            ("orders:shp", "there is no operation 'shp'; did you mean 'ship'?"),
            ("orders:fly", "there is no operation 'fly' of 'orders', only *, read, create, update, delete, restore, ship"),
            (String(repeating: "x", count: 500) + ":read", "there is no collection of that name"),
        ] as [(String, String?)]) func whatIsWrongWithAScopeIsSaid(name: String, message: String?) throws
    {
        let text = """
            [collections.orders.fields]
            status = { type = "state", values = ["new", "sent"] }
            [collections.orders.transitions]
            ship = { from = "new", to = "sent" }
            """
        let schema = try SchemaCompiler.compile(try ConfigurationLoader().load(text: text))
        let fault = Scopes.fault(of: name, in: schema)
        if let message { #expect(fault?.hasPrefix(message) == true, "\(fault ?? "nothing")") } else { #expect(fault == nil) }
    }
}
