/// A key or section that is read and checked, and that nothing acts on in this version.
package struct NotInForce: Sendable, Equatable {
    /// From the root: `backup`, `server.limits`, `storage.driver = "s3"`.
    package var name: String
    package var at: Location
    package var length: Int

    package var warning: Fault {
        Fault("[\(name)] is read but not in force in this version", at: at, length: length, severity: .warning)
    }
}
