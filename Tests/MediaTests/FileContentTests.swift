import SeededNumbers
import Testing

@testable import Media

@Suite struct FileContentTests {
    private static func types(_ bytes: [UInt8]) throws -> [MediaType] {
        try FileContent.types(size: Int64(bytes.count)) { offset, count in Array(bytes.dropFirst(Int(offset)).prefix(count)) }
    }

    /// `count` frames of MPEG 1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes each.
    static func mp3(_ count: Int = 4) -> [UInt8] {
        let frame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 413)
        return Array([[UInt8]](repeating: frame, count: count).joined())
    }

    private static func aac(_ count: Int = 4) -> [UInt8] {
        Array([[UInt8]](repeating: [0xFF, 0xF1, 0x50, 0x80, 0x01, 0x7F, 0xFC, 0, 0, 0, 0], count: count).joined())
    }

    static func little(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> ($0 * 8) & 0xFF) } }

    private static func big(_ number: Int, _ count: Int) -> [UInt8] { little(number, count).reversed() }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Stored, not compressed; the sums are not looked at.
    static func zip(_ names: [String], comment: String = "") -> [UInt8] {
        var files: [UInt8] = []
        var directory: [UInt8] = []
        for name in names {
            let place = files.count
            let sizes = little(0, 12) + little(name.utf8.count, 2) + little(0, 2)
            files += text("PK\u{3}\u{4}") + little(20, 2) + little(0, 8)
            files += sizes + text(name)
            directory += text("PK\u{1}\u{2}") + little(20, 2) + little(20, 2) + little(0, 8)
            directory += sizes + little(0, 10) + little(place, 4) + text(name)
        }
        var end = text("PK\u{5}\u{6}") + little(0, 4)
        end += little(names.count, 2) + little(names.count, 2)
        end += little(directory.count, 4) + little(files.count, 4)
        return files + directory + end + little(comment.utf8.count, 2) + text(comment)
    }

    /// One sector of a table, two of a directory.
    private static func compound(_ names: [String]) -> [UInt8] {
        var header = CompoundFile.signature + little(0, 22)
        header += little(9, 2) + little(0, 16)
        header += little(1, 4) + little(0, 24) + little(0, 4)
        header += [UInt8](repeating: 0xFF, count: 512 - header.count)
        var table = little(0xFFFF_FFFD, 4) + little(2, 4) + little(0xFFFF_FFFE, 4)
        table += [UInt8](repeating: 0xFF, count: 512 - table.count)
        var entries: [UInt8] = []
        for name in ["Root Entry"] + names {
            var units: [UInt8] = []
            for byte in text(name) + [0] { units += [byte, 0] }
            entries += units
            entries += [UInt8](repeating: 0, count: 64 - units.count)
            entries += little(units.count, 2)
            entries += [UInt8](repeating: 0, count: 62)
        }
        return header + table + entries + [UInt8](repeating: 0, count: 1_024 - entries.count)
    }

    private static func box(_ name: String, _ content: [UInt8]) -> [UInt8] { big(8 + content.count, 4) + text(name) + content }

    private static func mp4(_ handlers: [String]) -> [UInt8] {
        var tracks: [UInt8] = []
        for name in handlers {
            let handler: [UInt8] = box("hdlr", little(0, 8) + text(name) + little(0, 13))
            tracks += box("trak", box("mdia", handler))
        }
        let brands: [UInt8] = text("M4A ") + little(0, 4) + text("M4A mp42isom")
        return box("ftyp", brands) + box("moov", tracks) + box("mdat", little(7, 40))
    }

    private static func wav(_ after: [UInt8] = []) -> [UInt8] {
        var content = text("WAVEfmt ") + little(16, 4) + little(1, 2) + little(1, 2)
        content += little(8_000, 4) + little(8_000, 4) + little(1, 2) + little(8, 2)
        content += text("data") + little(4, 4) + [1, 2, 3, 4]
        return text("RIFF") + little(content.count, 4) + content + after
    }

    private static func ogg(_ packet: String) -> [UInt8] {
        let head: [UInt8] = text("OggS") + [0, 2] + little(0, 20)
        return head + [1, UInt8(packet.utf8.count)] + text(packet) + little(0, 30)
    }

    private static let webm: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x86, 0x81, 1, 0x42, 0x82, 0x84] + text("webm") + little(0, 30)
    private static let flac: [UInt8] = text("fLaC") + [0x80, 0, 0, 34] + [UInt8](repeating: 1, count: 34)

    static let taken: [(String, [UInt8], [MediaType])] = [
        ("bare frames", mp3(), [.mp3]), ("two frames alone", mp3(2), [.mp3]),
        ("a tag and frames", text("ID3\u{4}\0\0\0\0\0\u{5}") + [1, 2, 3, 4, 5] + mp3(), [.mp3]),
        ("wav", wav(), [.wav]), ("vorbis", ogg("\u{1}vorbis.."), [.ogg]), ("opus", ogg("OpusHead.."), [.ogg]),
        ("flac", flac, [.flac]), ("m4a", mp4(["soun"]), [.m4a]), ("webm", webm, [.webm]),
        ("aac", aac(), [.aac]),
        ("zip", zip(["a.txt", "b/c.txt"]), [.zip]), ("a zip with a comment", zip(["a.txt"], comment: "hello"), [.zip]),
        ("docx", zip(["[Content_Types].xml", "word/document.xml"]), [.docx, .zip]),
        ("xlsx", zip(["[Content_Types].xml", "xl/workbook.xml"]), [.xlsx, .zip]),
        ("macros", zip(["[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"]), [.zip]),
        ("doc", compound(["1Table", "WordDocument"]), [.doc]),
        ("xls in the second sector", compound(["a", "b", "c", "d", "Workbook"]), [.xls]),
        ("ppt", compound(["PowerPoint Document"]), [.ppt]),
        ("text", text("Grüße, سلام\r\n\t1 < 2\n"), [.txt, .csv, .md]),
        ("text across pieces", text(String(repeating: "سلام ", count: 40_000)), [.txt, .csv, .md]),
        ("json", text(#"{"a": [1, "<b>"]}"#), [.json, .txt, .csv, .md]),
        ("pdf", text("%PDF-1.7\n"), [.pdf]),
    ]

    @Test(arguments: taken) func isTakenAs(name: String, bytes: [UInt8], types: [MediaType]) throws {
        #expect(try Self.types(bytes) == types)
    }

    static let refused: [(String, [UInt8])] = [
        ("nothing", []), ("a program", text("MZ") + little(0x90, 40)), ("ELF", text("\u{7F}ELF") + little(2, 40)),
        ("a letter of frames", [0xFF, 0xFB, 0x90, 0x00] + text("and no second frame, however long it is")),
        ("a tag and text", text("ID3\u{4}\0\0\0\0\0\u{5}") + [1, 2, 3, 4, 5] + text("no frames at all")),
        ("a tag of markup", text("ID3\u{4}\0\0\0\0\0\u{8}<script>") + mp3()),
        ("frames and an archive", mp3() + zip(["a.class"])), ("a pdf and an archive", text("%PDF-1.7\n") + zip(["a.class"])),
        ("wav and an archive", wav(zip(["a.js"]))), ("a tag of PDF", text("ID3\u{4}\0\0\0\0\0\u{8}%PDF-1.7") + mp3()),
        ("theora", ogg("\u{80}theora..")), ("moving pictures", mp4(["soun", "vide"])), ("no tracks", mp4([])),
        ("boxes and a rest", mp4(["soun"]) + [1, 2, 3]), ("something before an archive", text("PK\u{3}\u{4}") + zip(["a"])),
        ("half an archive", Array(zip(["a.txt"]).dropLast(3))), ("an installer", compound(["!_StringData"])),
        ("a document with macros", compound(["WordDocument", "Macros"])), ("UTF-16", [0xFF, 0xFE, 0x61, 0]), ("NUL", text("a\0b")),
        ("escape", text("a\u{1B}[31m")), ("C1", text("a\u{85}b")), ("half a scalar", text("سلام").dropLast(1)),
        ("Latin-1", [0x47, 0x72, 0xFC]), ("html", text("<!DOCTYPE html><p>")), ("svg", text(" \u{FEFF}<svg xmlns=''/>")),
        ("marked html", [0xEF, 0xBB, 0xBF] + text("\n<HTML>")), ("xml", text("<?xml version='1.0'?>")), ("php", text("a\n<?php 1;")),
        ("a tag", text("<a href=x>")), ("a script within", text("hello <ScRiPt>1</script>")), ("a shell", text("#!/bin/sh\nls\n")),
    ]

    @Test(arguments: refused) func isRefused(name: String, bytes: [UInt8]) throws {
        #expect(try Self.types(bytes) == [])
    }

    @Test func noBytesTrap() throws {
        var random = SeededGenerator(state: 28)
        for _ in 0..<20_000 {
            guard var bytes = Self.taken.randomElement(using: &random)?.1, bytes.count < 4_000 else { continue }
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] = 0xFF
                case 2: bytes.remove(at: index)
                default: bytes = Array(bytes[..<index])
                }
            }
            _ = try Self.types(bytes)
        }
    }
}
