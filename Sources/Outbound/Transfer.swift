internal import CCurl
internal import Glibc

/// One transfer by libcurl, on the thread that asks for it.
final class Transfer {
    private let handle: UnsafeMutableRawPointer
    private let cancellation: Cancellation
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var recipientList: UnsafeMutablePointer<curl_slist>?
    private var resolutionList: UnsafeMutablePointer<curl_slist>?

    // What the callbacks work on.
    fileprivate var addresses: AddressGuard?
    fileprivate var blocked: IPAddress?
    fileprivate var body: [UInt8] = []
    fileprivate var maximum = 0
    fileprivate var isTooLarge = false
    fileprivate var headers: [(name: String, value: String)] = []
    fileprivate var headerBytes = 0
    fileprivate var source = BodySource([])

    /// What keeps libcurl from being loaded; it initialises OpenSSL once for the process.
    private static let fault = atlas_curl_load().map { String(cString: $0) }

    init(certificates: String?, cancellation: Cancellation) throws(OutboundError) {
        if let fault = Self.fault { throw .unreachable(fault) }
        guard let handle = atlas_curl_new() else { throw .unreachable("libcurl cannot start") }
        self.handle = handle
        self.cancellation = cancellation
        // Threads get no signals for time limits, and nothing of the environment decides whom we speak to.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_FRESH_CONNECT, 1)
        set(CURLOPT_FORBID_REUSE, 1)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let certificates { set(CURLOPT_CAINFO, certificates) }
        set(CURLOPT_NOPROGRESS, 0)
    }

    deinit {
        atlas_curl_free(handle)
        atlas_curl_free_list(headerList)
        atlas_curl_free_list(recipientList)
        atlas_curl_free_list(resolutionList)
    }

    // MARK: HTTP

    func perform(_ request: OutboundRequest) throws(OutboundError) -> OutboundAnswer {
        for (name, value) in request.headers where !Self.isHeader(name, value) { throw .malformed("the header '\(name)'") }
        guard !request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { throw .malformed("the URL") }
        guard request.method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }), !request.method.isEmpty else {
            throw .malformed("the method")
        }
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_URL, request.url)
        set(CURLOPT_USERAGENT, "Atlas")
        source = BodySource(request.body)
        if !request.body.isEmpty {
            set(CURLOPT_POST, 1)
            _ = atlas_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.reduce(0) { $0 + $1.size }))
            // libcurl would wait a second for a server that never says "100 Continue".
            headerList = atlas_curl_append(headerList, "Expect:")
            if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                headerList = atlas_curl_append(headerList, "Content-Type:")
            }
        }
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) } else { set(CURLOPT_CUSTOMREQUEST, request.method) }
        for (name, value) in request.headers {
            // A header without a value ends in a semicolon, or libcurl takes it out.
            headerList = atlas_curl_append(headerList, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        _ = atlas_curl_set_list(handle, CURLOPT_HTTPHEADER, headerList)
        for resolution in request.resolutions { resolutionList = atlas_curl_append(resolutionList, resolution) }
        if !request.resolutions.isEmpty { _ = atlas_curl_set_list(handle, CURLOPT_RESOLVE, resolutionList) }
        addresses = request.addresses
        maximum = request.maximumAnswer
        let code = run(connect: request.connectTimeout, total: request.timeout)
        let status = Int(atlas_curl_get_long(handle, CURLINFO_RESPONSE_CODE))
        if let blocked { throw .blocked("\(blocked)") }
        if code == CURLE_OK { return OutboundAnswer(status: status, headers: headers, body: body) }
        if isTooLarge { throw .unknown("the answer has more than \(maximum) bytes") }
        throw failure(code, hasSent: atlas_curl_get_long(handle, CURLINFO_REQUEST_SIZE) > 0)
    }

    /// A token and a value without line breaks (RFC 9110).
    private static func isHeader(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ";") }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    // MARK: SMTP

    func perform(_ mail: OutboundMail) throws(OutboundError) {
        for address in [mail.from, mail.to] where address.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || "<>".utf8.contains($0) }) {
            throw .malformed("an address")
        }
        guard (mail.host + mail.greeting).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@".utf8.contains($0) }) else {
            throw .malformed("the host")
        }
        set(CURLOPT_PROTOCOLS_STR, mail.security == .tls ? "smtps" : "smtp")
        set(CURLOPT_URL, "\(mail.security == .tls ? "smtps" : "smtp")://\(mail.host):\(mail.port)/\(mail.greeting)")
        let level = mail.security == .opportunistic ? CURLUSESSL_TRY : CURLUSESSL_ALL
        set(CURLOPT_USE_SSL, Int(level.rawValue))
        // On this machine nobody stands between, and relays there bear certificates of their own making.
        if mail.security == .opportunistic {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let user = mail.user {
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, mail.password ?? "")
        }
        set(CURLOPT_MAIL_FROM, "<\(mail.from)>")
        recipientList = atlas_curl_append(recipientList, "<\(mail.to)>")
        _ = atlas_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipientList)
        set(CURLOPT_UPLOAD, 1)
        // Of each reply, the one to the farewell too, which libcurl waits for when all is over: two minutes, unless said.
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, mail.timeout / 1_000)))
        source = BodySource([.bytes(mail.message)])
        let code = run(connect: mail.connectTimeout, total: mail.timeout)
        if code == CURLE_OK { return }
        let reply = Int(atlas_curl_get_long(handle, CURLINFO_RESPONSE_CODE))
        // After the last byte of a mail a relay may have taken it, whatever became of its answer.
        let hasSent = atlas_curl_get_size(handle, CURLINFO_SIZE_UPLOAD_T) > 0
        if (400..<600).contains(reply), code != CURLE_OPERATION_TIMEDOUT { throw .refused(reply, lastReply) }
        throw failure(code, hasSent: hasSent)
    }

    /// The text of the last reply, which libcurl hands over as a header.
    private var lastReply: String { headers.last?.value ?? "" }

    // MARK: Parts

    private func run(connect: Int64, total: Int64) -> CURLcode {
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, connect)))
        set(CURLOPT_TIMEOUT_MS, Int(max(1, total)))
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = atlas_curl_on_body(handle, { bytes, size, count, context in Transfer.of(context).take(bytes, size * count) }, context)
        _ = atlas_curl_on_header(handle, { bytes, size, count, context in Transfer.of(context).takeHeader(bytes, size * count) }, context)
        _ = atlas_curl_on_read(
            handle, { bytes, size, count, context in Transfer.of(context).source.read(into: bytes, size * count) }, context)
        _ = atlas_curl_on_progress(handle, { context, _, _, _, _ in Transfer.of(context).cancellation.isCancelled ? 1 : 0 }, context)
        _ = atlas_curl_on_socket(handle, { context, _, address in Transfer.of(context).open(address) }, context)
        return withExtendedLifetime(self) { atlas_curl_perform(handle) }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
        // `run` is under way, and it is its own address.
        Unmanaged<Transfer>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
    }

    private func failure(_ code: CURLcode, hasSent: Bool) -> OutboundError {
        let why = String(cString: atlas_curl_error(code))
        switch code {
        // An answer that is no HTTP is an unsupported protocol too.
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return hasSent ? .unknown(why) : .malformed(why)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_USE_SSL_FAILED, CURLE_LOGIN_DENIED:
            return .unreachable(why)
        default: return hasSent ? .unknown(why) : .unreachable(why)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { _ = atlas_curl_set_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = atlas_curl_set_text(handle, option, value) }
}

// MARK: Callbacks

extension Transfer {
    /// The bytes taken; another number than given ends the transfer.
    fileprivate func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard body.count + count <= maximum else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    fileprivate func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard headerBytes <= 64 << 10 else {
            isTooLarge = true
            return 0
        }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
            .trimmed(where: { $0 == " " || $0 == "\r\n" || $0 == "\n" || $0 == "\r" || $0 == "\t" })
        // A new status line begins the headers anew (100 Continue).
        if line.hasPrefix("HTTP/") { headers = [] }
        if let colon = line.firstIndex(of: ":"), !line.hasPrefix("HTTP/"), line.first?.isNumber == false {
            let value = String(line[line.index(after: colon)...]).trimmed(where: { $0 == " " || $0 == "\t" })
            headers.append((line[..<colon].lowercased(), value))
        } else if line.first?.isNumber == true {
            headers = [("reply", line)]
        }
        return count
    }

    /// Asked for each address that libcurl is about to dial.
    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return CURL_SOCKET_BAD }
        if let addresses {
            let target = IPAddress(family: address.pointee.family, socketAddress: atlas_curl_address(address))
            guard let target, addresses.admits(target) else {
                blocked = target
                return CURL_SOCKET_BAD
            }
        }
        return atlas_curl_open(address)
    }
}

extension String {
    fileprivate func trimmed(where isCut: (Character) -> Bool) -> String {
        var rest = Substring(self)
        while let first = rest.first, isCut(first) { rest.removeFirst() }
        while let last = rest.last, isCut(last) { rest.removeLast() }
        return String(rest)
    }
}
