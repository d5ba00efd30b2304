/// So many times within a window, and for whom that is counted: `"10/s per ip burst 20"`, `"5/15m"`.
package struct Rate: Sendable, Hashable {
    package enum Scope: String, Sendable, CaseIterable { case ip, user, key }
    /// At least 1.
    package var count: Int
    /// Milliseconds.
    package var window: Int64
    /// Nil: whatever the setting itself is about. `key` counts whoever came by no API key like `user`, which counts an anonymous caller by address.
    package var scope: Scope?
    /// What may come at once; the count unless said.
    package var burst: Int

    package init(count: Int, window: Int64, scope: Scope? = nil, burst: Int? = nil) {
        self.count = count
        self.window = window
        self.scope = scope
        self.burst = burst ?? count
    }
}

/// `limits`: the rate of one route, such as `auth.otp` or `tasks.create`; `default` is that of all others.
package struct LimitDeclaration: Sendable {
    package var name: Located<String>
    package var rate: Rate
}
