internal import Config

/// What Atlas says where the file names no notification, in English and Persian.
enum BuiltInNotices {
    static let otp = declaration(
        "otp", .sms, english: "Your code for {{ app.name }}: {{ code }}", persian: "کد تأیید {{ app.name }}: {{ code }}")

    static let reset = declaration(
        "reset", .mail, subject: ("Reset your password", "بازنشانی رمز عبور"),
        english: """
            Somebody, you perhaps, asked for a new password for {{ app.name }}. To choose one, open

            {{ link }}

            If it was not you, nothing needs to be done.
            """,
        persian: """
            برای حساب شما در {{ app.name }} رمز عبور تازه‌ای خواسته شده است. برای انتخاب آن این نشانی را باز کنید:

            {{ link }}

            اگر این درخواست از شما نبوده است، لازم نیست کاری بکنید.
            """)

    static let verifyEmail = declaration(
        "verify_email", .mail, subject: ("Confirm your address", "تأیید نشانی ایمیل"),
        english: """
            Please confirm that this is your address for {{ app.name }}:

            {{ link }}

            If you have neither signed up nor changed your address there, do not open it: somebody else has written yours.
            """,
        persian: """
            لطفاً تأیید کنید که این نشانی شما در {{ app.name }} است:

            {{ link }}

            اگر در آنجا نه حسابی ساخته‌اید و نه نشانی خود را عوض کرده‌اید، آن را باز نکنید: کس دیگری نشانی شما را نوشته است.
            """)

    static let invitation = declaration(
        "invitation", .mail, subject: ("You are invited to {{ app.name }}", "دعوت به {{ app.name }}"),
        english: """
            You are invited to {{ app.name }}. To accept, open

            {{ link }}
            """,
        persian: """
            شما به {{ app.name }} دعوت شده‌اید. برای پذیرفتن این نشانی را باز کنید:

            {{ link }}
            """)

    static let accountChanged = declaration(
        "account_changed", .mail, .sms, subject: ("Your account was changed", "حساب شما تغییر کرد"),
        english: """
            The e-mail address, phone number or password of your account at {{ app.name }} was changed on {{ date(now) }} at {{ time(now) }}. \
            If it was not you, tell us at once: {{ app.site_url }}
            """,
        persian: """
            نشانی ایمیل، شمارهٔ تلفن یا رمز عبور حساب شما در {{ app.name }} در {{ date(now) }} ساعت {{ time(now) }} تغییر کرد. \
            اگر کار شما نبوده است، بی‌درنگ به ما خبر دهید: {{ app.site_url }}
            """)

    static let secondFactorOn = secondFactor(
        "second_factor_on", "Your account asks for an authenticator now", "ورود دومرحله‌ای روشن شد",
        english: "An authenticator was set up for your account", persian: "برای حساب شما برنامهٔ رمزساز راه‌اندازی شد")

    static let secondFactorOff = secondFactor(
        "second_factor_off", "Your account asks for no authenticator any more", "ورود دومرحله‌ای خاموش شد",
        english: "The authenticator of your account was given up", persian: "برنامهٔ رمزساز حساب شما کنار گذاشته شد")

    static let recoveryCodeUsed = secondFactor(
        "recovery_code_used", "A recovery code of your account was used", "یک کد بازیابی حساب شما به کار رفت",
        english: "A recovery code was used in place of the authenticator of your account",
        persian: "به جای برنامهٔ رمزساز حساب شما یک کد بازیابی به کار رفت")

    static let keyEnded = declaration(
        "key_ended", .mail, subject: ("An API key of yours was ended", "یکی از کلیدهای API شما پایان یافت"),
        english: """
            The API key "{{ key.name }}" of your account at {{ app.name }} was ended on {{ date(now) }} at {{ time(now) }} by somebody who \
            manages the members of its organisation. What used it is refused since.
            """,
        persian: """
            کلید API «{{ key.name }}» از حساب شما در {{ app.name }} در {{ date(now) }} ساعت {{ time(now) }} به دست یکی از مدیران اعضای سازمان آن \
            پایان یافت. از آن پس هر چه آن را به کار می‌برد پذیرفته نمی‌شود.
            """)

    private static func secondFactor(
        _ name: String, _ subject: String, _ persianSubject: String, english: String, persian: String
    ) -> NoticeDeclaration {
        declaration(
            name, .mail, .sms, subject: (subject, persianSubject),
            english: """
                \(english), at {{ app.name }} on {{ date(now) }} at {{ time(now) }}. \
                If it was not you, tell us at once: {{ app.site_url }}
                """,
            persian: """
                \(persian): {{ app.name }}، {{ date(now) }} ساعت {{ time(now) }}. \
                اگر کار شما نبوده است، بی‌درنگ به ما خبر دهید: {{ app.site_url }}
                """)
    }

    private static func declaration(
        _ name: String, _ channels: NoticeDeclaration.Channel..., subject: (english: String, persian: String)? = nil, english: String,
        persian: String
    ) -> NoticeDeclaration {
        let nowhere = Location(file: "(built in)", line: 1, column: 1)
        func localised(_ english: String, _ persian: String) -> LocalisedText {
            LocalisedText([
                LocalisedText.Version(locale: "en", text: Located(english, at: nowhere)),
                LocalisedText.Version(locale: "fa", text: Located(persian, at: nowhere)),
            ])
        }
        var notice = NoticeDeclaration(name: name, at: nowhere)
        notice.channels = channels
        notice.subject = subject.map { localised($0.english, $0.persian) }
        notice.text = localised(english, persian)
        return notice
    }
}
