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
}
