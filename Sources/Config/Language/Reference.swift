/// Where a setting may be kept outside the file: `env:NAME`, `file:/path`, `credential:NAME` (systemd's `$CREDENTIALS_DIRECTORY`).
enum Reference {
    case environment(String)
    case file(String)
    case credential(String)

    init?(_ text: String) {
        if text.hasPrefix("env:") {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:") {
            self = .file(String(text.dropFirst(5)))
        } else if text.hasPrefix("credential:") {
            self = .credential(String(text.dropFirst(11)))
        } else {
            return nil
        }
    }

    /// A secret or a setting is a line, not a document.
    private static let limit = 64 << 10

    /// Checks what can be known without reading it: a setting that is not in use need not be there.
    func check(at node: TOMLNode, _ reading: Reading) {
        let (name, what) =
            switch self {
            case .environment(let name): (name, "variable")
            case .file(let path): (path, "file")
            case .credential(let name): (name, "credential")
            }
        if name.isEmpty { reading.report("the name of the \(what) is missing", node) }
        if case .credential = self, name.contains("/") || name == "." || name == ".." {
            reading.report("a credential has a name, not a path", node, suggestion: "write credential:NAME")
        }
    }

    /// What it holds, without a trailing line feed; nil when that is missing or empty, which is then reported.
    func bytes(at node: TOMLNode, _ reading: Reading) -> [UInt8]? {
        var bytes: [UInt8]
        switch self {
        case .environment(let name):
            guard !name.isEmpty, let value = reading.environment[name] else {
                reading.report(
                    "the environment has no variable '\(name)'", node, suggestion: "set it, for the service in its EnvironmentFile")
                return nil
            }
            bytes = Array(value.utf8)
        case .file(let path):
            guard let content = content(of: reading.absolute(path, in: node.at.file), at: node, reading) else { return nil }
            bytes = content
        case .credential(let name):
            guard let directory = reading.environment["CREDENTIALS_DIRECTORY"] else {
                reading.report(
                    "there is no $CREDENTIALS_DIRECTORY", node,
                    suggestion: "give the unit LoadCredential=\(name):/path, or use file:/path")
                return nil
            }
            guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
                reading.report("a credential has a name, not a path", node, suggestion: "write credential:NAME")
                return nil
            }
            guard let content = content(of: "\(directory)/\(name)", at: node, reading) else { return nil }
            bytes = content
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            reading.report("what it points to is empty", node)
            return nil
        }
        return bytes
    }

    func text(at node: TOMLNode, _ reading: Reading) -> String? {
        guard let bytes = bytes(at: node, reading) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            reading.report("what it points to is no UTF-8 text", node)
            return nil
        }
        return text
    }

    private func content(of path: String, at node: TOMLNode, _ reading: Reading) -> [UInt8]? {
        switch Files.read(path, limit: Self.limit) {
        case .success(let bytes): return bytes
        case .failure(let failure):
            reading.report("\(path) cannot be read: \(failure.message)", node)
            return nil
        }
    }
}

extension Form where Value == Secret {
    /// Never a literal.
    static let secret = Form(
        shape: .text("secret", example: "\"env:NAME\"", pattern: "^(env|file|credential):.+$")
    ) { node, reading in
        guard let reference = node.string.flatMap({ Reference($0) }) else {
            reading.mask(node)
            reading.report(
                "a secret is never written into the file", node,
                suggestion: "write \"env:NAME\", \"file:/path\" or \"credential:NAME\"")
            return nil
        }
        guard reading.isInUse else {
            reference.check(at: node, reading)
            return nil
        }
        guard !reading.needsSecrets else { return reference.bytes(at: node, reading).map { Secret(bytes: $0) } }
        return Secret(bytes: reading.mildly { reference.bytes(at: node, reading) } ?? [])
    }
}
