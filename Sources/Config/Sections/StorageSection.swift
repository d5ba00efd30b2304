import Text

/// `[database]`, `[storage]`, `[cache]`, `[queue]`
extension Language {
    static let database = Section<Database>(
        keys: [
            Key("url", .databaseURL, \.url, initial: "\"sqlite:atlas.db\"", "a file in `app.data_dir`, or an absolute path"),
            Key(
                "durability", .choice(), \.durability, initial: "\"full\"",
                "`full`: an answered write survives a power cut; `normal`: the last ones may not"),
            Key("readers", .integer(0...1_024), \.readers, initial: "0", "threads for scans and counts; 0 is one for each core"),
            Key("pool", .integer(0...1_024), \.pool, initial: "0", "connections to a database server; 0 is one for each core").notInForce,
        ])

    static let storage = Section<Storage>(
        keys: [
            Key("driver", .choice(notInForce: ["s3"]), \.driver, initial: "\"local\"", "where files go"),
            Key("dir", .path, \.directory, initial: "\"files\"", "`local`: their directory; in `app.data_dir` when relative"),
            Key(
                "presign_ttl", .duration(), \.presignTTL, initial: "\"15m\"", "how long a presigned URL may be used"
            ).notInForce,
            Key("endpoint", .url, \.endpoint, "`s3`: the service, such as `https://s3.eu-central-1.amazonaws.com`"),
            Key("region", .text(), \.region, "`s3`: where the bucket is, if the service asks"),
            Key("bucket", .text(), \.bucket, "`s3`: its name"),
            Key("path_style", .bool, \.pathStyle, initial: "false", "`s3`: the bucket in the path and not in the host name"),
            Key("public_url", .url, \.publicURL, "`s3`: where public files are read, such as a CDN"),
            Key("access_key", .secret, \.accessKey, "`s3`: who asks"),
            Key("secret_key", .secret, \.secretKey, "`s3`: and the proof of it"),
        ]
    ) { storage, table, reading in
        guard storage.driver == .s3, let driver = table["driver"] else { return }
        for name in ["endpoint", "bucket", "access_key", "secret_key"] where table[name] == nil {
            reading.report("driver \"s3\" needs '\(name)'", driver.node)
        }
    }.using { key, _ in
        // Nothing asks S3 in this version: its keys are checked and not looked for, whatever the driver.
        ["driver", "dir", "presign_ttl"].contains(key)
    }

    static let cacheStore = Section<CacheSettings>(keys: [
        Key(
            "url", backing(database: false), \.backing, initial: "\"sqlite\"",
            "`sqlite` is Atlas's own file; or `redis://host:port`, with a password by `env:` alone")
    ])

    static let queueStore = Section<QueueStoreSettings>(keys: [
        Key(
            "url", backing(database: true), \.backing, initial: "\"sqlite\"",
            "`sqlite` is Atlas's own file, `database` the site's; or `redis://host:port`, with a password by `env:` alone")
    ])

    /// A URL may hold a password, which is never written into the file.
    private static func backing(database: Bool) -> Form<Backing> {
        let words = database ? ["sqlite", "database"] : ["sqlite"]
        let example = "\"redis://127.0.0.1:6379\""
        let form = Form<Backing>.setting("queue or cache URL", example: example, pattern: "\(words.joined(separator: "|"))|rediss?://.+") {
            text in
            if text == "sqlite" { return .success(.embedded) }
            if text == "database", database { return .success(.database) }
            guard ["redis://", "rediss://"].contains(where: text.hasPrefix), text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
                return .failure(
                    Problem(
                        message: "it is no URL of Redis",
                        suggestion: NearestName.phrase(for: text, among: words) ?? "write \"\(words[0])\" or \(example)"))
            }
            return .success(.redis(Secret(bytes: Array(text.utf8))))
        }
        return Form(shape: form.shape) { node, reading in
            if let text = node.string, Reference(text) == nil, text.contains("@") {
                reading.mask(node)
                reading.report("a password is never written into the file", node, suggestion: "write \"env:NAME\" for the whole URL")
                return nil
            }
            return form.read(node, reading)
        }
    }
}
