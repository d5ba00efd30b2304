/// Documents of Word, Excel and PowerPoint before 2007: told by the streams in their directory (MS-CFB section 2.6).
enum CompoundFile {
    static let signature: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    /// Sectors of the directory that are looked at.
    private static let mostSectors = 64
    private static let end = 0xFFFF_FFFE

    /// nil for other compound files: installers, messages, and documents that hold programs.
    static func type(_ source: inout ImageHeader.Source) throws -> MediaType? {
        let shift = try source.little(30, 2)
        guard shift == 9 || shift == 12 else { return nil }
        let length = 1 << shift
        func place(_ sector: Int) -> Int64 { Int64(sector + 1) << shift }
        var names: Set<String> = []
        var sector = try source.little(48, 4)
        for _ in 0..<mostSectors where sector < end {
            for entry in 0..<length / 128 {
                let at = place(sector) + Int64(entry * 128)
                let size = try source.little(at + 64, 2)
                guard (2...64).contains(size) else { continue }
                let units = Array(try source.bytes(at, size - 2))
                names.insert(String(decoding: stride(from: 0, to: units.count - 1, by: 2).map { units[$0] }, as: UTF8.self))
            }
            // The next of its chain, by the table of sectors, of which the header lists the first 109.
            let table = sector / (length / 4)
            guard table < 109 else { break }
            sector = try source.little(place(try source.little(Int64(76 + table * 4), 4)) + Int64(sector % (length / 4) * 4), 4)
        }
        guard names.contains("Root Entry"), !names.contains("_VBA_PROJECT_CUR"), !names.contains("Macros") else { return nil }
        if names.contains("WordDocument") { return .doc }
        if names.contains("Workbook") || names.contains("Book") { return .xls }
        return names.contains("PowerPoint Document") ? .ppt : nil
    }
}
