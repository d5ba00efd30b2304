/// Where files live: a flat space of keys.
///
/// Promises of every adapter (`ObjectStoreConformance`): a key is `[a-z0-9._/-]`, at most 200 bytes, without empty or dot segments (anything
/// else throws `.badKey`); a `put` is durable and whole when it returns, and replaces; `get` of an absent key throws `.notFound`; `remove`
/// of an absent key succeeds.
package protocol ObjectStore: Sendable {
    /// Moves (or copies) the file at `path` to `key`; afterwards the file may be gone.
    func put(_ key: String, fileAt path: String, contentType: String) async throws

    /// What is known of the object without reading it.
    func head(_ key: String) async throws -> ObjectInfo

    /// A local path to read the object from, valid until `release` is called with it. May be the object itself: never write to it.
    func localFile(_ key: String) async throws -> String
    func release(_ path: String) async

    func remove(_ key: String) async throws

    /// The path of the object on this machine, when it can be served straight from disk.
    func servedPath(_ key: String) throws -> String?
}

package struct ObjectInfo: Sendable, Equatable {
    package var size: Int64

    package init(size: Int64) {
        self.size = size
    }
}

package enum ObjectStoreError: Error, Sendable, Equatable {
    case badKey(String)
    case notFound(String)
    case unavailable(String)
}
