/// `[database]`
package struct Database: Sendable {
    /// `sqlite:<file>`, in `app.data_dir` when relative.
    package var url = "sqlite:atlas.db"
    package enum Durability: String, Sendable, CaseIterable { case full, normal }
    package var durability = Durability.full
    /// Threads for scans and counts; 0 is one for each core.
    package var readers = 0
    /// Connections to a database server; 0 is one for each core.
    package var pool = 0

    package init() {}
}

/// `[storage]`
package struct Storage: Sendable {
    package enum Driver: String, Sendable, CaseIterable { case local, s3 }
    package var driver = Driver.local
    /// In `app.data_dir` when relative.
    package var directory = "files"
    /// How long a presigned URL may be used.
    package var presignTTL: Int64 = 15 * 60_000
    package var endpoint: String?
    package var region: String?
    package var bucket: String?
    /// The bucket in the path and not in the host name.
    package var pathStyle = false
    /// Where public files are read; nil: at Atlas.
    package var publicURL: String?
    package var accessKey: Secret?
    package var secretKey: Secret?

    package init() {}
}

/// Where the cache or the queue lives, besides the database.
package enum Backing: Sendable {
    /// In a SQLite file of Atlas's own.
    case embedded
    /// In the site's database (the queue alone).
    case database
    /// The whole URL, which may hold a password.
    case redis(Secret)
}

/// `[cache]`
package struct CacheSettings: Sendable {
    package var backing = Backing.embedded

    package init() {}
}

/// `[queue]`: where jobs are kept; `[queues.<q>]` says how they are done.
package struct QueueStoreSettings: Sendable {
    package var backing = Backing.embedded

    package init() {}
}
