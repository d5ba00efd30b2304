/// `[app]`, `[log]`
extension Language {
    static let app = Section<App>(
        keys: [
            Key("name", .text(), \.name, initial: "\"Atlas\"", "what the site is called"),
            Key("base_url", .url, \.baseURL, initial: "\"http://127.0.0.1:8080\"", "where clients reach the API; links are built from it"),
            Key(
                "site_url", .url, \.siteURL,
                "where people read: canonical addresses, sitemap, links in messages; `base_url` unless said"
            ),
            Key("locale", .locale, \.locale, initial: "\"en\"", "language of the content (BCP 47): slugs, order of texts"),
            Key("timezone", .timezone, \.timezone, initial: "\"UTC\"", "zone of `day()`, `month()`, `year()` in expressions"),
            Key(
                "data_dir", .directory, \.dataDirectory, initial: "\"data\"",
                "database, files and keys; relative to the file that names it"),
            Key(
                "master_key", .masterKey, \.masterKey,
                "secret that seals secrets and signs tokens; without it made at first start in data_dir"),
        ])

    static let log = Section<Log>(keys: [
        Key("level", .choice(), \.level, initial: "\"info\"", "the least that is worth a line"),
        Key("format", .choice(), \.format, initial: "\"auto\"", "`auto`: text on a terminal, JSON lines otherwise"),
        Key("access", .bool, \.access, initial: "true", "one JSON line for each request"),
    ])
}

extension Form where Value == String {
    /// A directory, absolute after reading.
    static let directory = Form(shape: path.shape) { node, reading in
        path.read(node, reading).map { reading.absolute($0, in: node.at.file) }
    }
}

extension Form where Value == Secret {
    /// 256 bits are what the keys derived from it are worth.
    static let masterKey = Form(shape: secret.shape) { node, reading in
        guard let secret = secret.read(node, reading) else { return nil }
        if secret.bytes.count < 32 {
            reading.warn("the key is short", node, suggestion: "make one with: openssl rand -hex 32")
        }
        return secret
    }
}

extension Form where Value == Int {
    /// Bytes, at most 1 MiB.
    static let smallSize = Form(shape: Form<Int64>.size.shape) { node, reading in
        guard let bytes = Form<Int64>.size.read(node, reading) else { return nil }
        guard bytes <= 1 << 20 else {
            reading.report("the size is too large", node, suggestion: "at most \"1MiB\"")
            return nil
        }
        return Int(bytes)
    }
}
