import Conformance
import Ports
import Testing

@testable import Records

@Suite struct PhoneNumberTests {
    @Test(arguments: [
        "09121234567", "+98 912 123 4567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧", "0098 912 123 4567", "9121234567", "+98 (0) 912-123-4567",
        "989121234567",
        "0912.123.4567", "\u{202A}+98 912 123 4567\u{202C}", "+98\u{A0}912\u{2011}123\u{2013}4567", "＋98 912 1234567", "۰۰۹۸۹۱۲۱۲۳۴۵۶۷",
    ])
    func oneNumberHasOneForm(_ text: String) {
        #expect(PhoneNumber.normalized(text, region: "IR") == "+989121234567")
    }

    @Test(arguments: [
        ("12345", "IR"), ("", "IR"), ("0912123456", "IR"), ("091212345678", "IR"), ("0912 123 456x", "IR"), ("0912-123-4567 ext. 5", "IR"),
        ("+", "IR"), ("++989121234567", "IR"),
        ("98+9121234567", "IR"), ("+999 123 456 789", "IR"), ("+0 9121234567", "IR"), ("+98 0000000000", "IR"), ("٫09121234567", "IR"),
        ("09121234567\n", "IR"), ("²9121234567", "IR"), ("1 415 555 010", "US"),
        ("+1 115 555 0100", "US"), ("09121234567", nil), ("09121234567", "XX"), ("+49 900 1234567", "DE"),
        (String(repeating: "0", count: 10_000), "IR"), (String(repeating: " ", count: 100), "IR"),
    ])
    func noNumbers(_ text: String, _ region: String?) {
        #expect(PhoneNumber.normalized(text, region: region) == nil)
    }

    @Test(arguments: [
        ("+1 415 555 0100", "IR", "+14155550100", "US"), ("(604) 555-0100", "US", "+16045550100", "CA"),
        ("1 415 555 0100", "CA", "+14155550100", "US"), ("8 912 345-67-89", "RU", "+79123456789", "RU"),
        ("8 701 234 5678", "KZ", "+77012345678", "KZ"), ("020 7946 0958", "GB", "+442079460958", "GB"),
        ("07781 123456", "GB", "+447781123456", "GG"), ("06 12 34 56 78", "FR", "+33612345678", "FR"),
        ("06 698 12345", "IT", "+390669812345", "VA"),
        ("06 1234 5678", "IT", "+390612345678", "IT"), ("030 901820", "DE", "+4930901820", "DE"),
        ("050 123 4567", "AE", "+971501234567", "AE"), ("0532 123 45 67", "TR", "+905321234567", "TR"),
        ("0700 123 456", "AF", "+93700123456", "AF"), ("021 8888 8888", "IR", "+982188888888", "IR"),
    ])
    func manyCountries(_ text: String, _ region: String, _ number: String, _ country: String) {
        #expect(PhoneNumber.normalized(text, region: region) == number)
        #expect(PhoneNumber.country(of: number) == country)
    }

    @Test func localesHaveRegions() {
        for (locale, region) in [
            ("fa-IR", "IR"), ("en_US", "US"), ("zh-Hant-TW", "TW"), ("en", nil), ("", nil), ("fa-ir", "IR"), ("en-001", nil),
            ("xx-XX", nil),
        ] {
            #expect(PhoneNumber.region(ofLocale: locale) == region, "\(locale)")
        }
        for text in ["", "09121234567", "+98", "+000", "x"] { #expect(PhoneNumber.country(of: text) == nil, "\(text)") }
    }

    /// Whatever is accepted is E.164, has a country, and is its own normal form in every region.
    @Test func normalFormsAreStable() {
        let random = SeededRandom(23)
        let regions = ["IR", "US", "GB", "IT", "RU", "DE", "SG", "AR", "GP", "XX"]
        let pieces = Array("0123456789۱٩+ -()").map(String.init) + ["00", "98", "+1", "\u{200E}"]
        var accepted = 0
        for round in 0..<20_000 {
            let text = random.bytes(6 + round % 10).map { pieces[Int($0) % pieces.count] }.joined()
            guard let number = PhoneNumber.normalized(text, region: regions[round % regions.count]) else { continue }
            accepted += 1
            #expect(number.utf8.count <= 16 && number.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) })
            #expect(PhoneNumber.country(of: number) != nil && PhoneNumber.normalized(number, region: nil) == number, "\(text) → \(number)")
        }
        #expect(accepted > 100)
    }
}
