import Text

/// The functions that SQL for PostgreSQL calls: the same as `StoreFunction`, where PostgreSQL has none of that meaning.
package enum PostgreSQLFunctions {
    /// Statements that create them, or replace older ones, in the current schema. They read no table.
    package static var installation: [String] {
        [divide, rescale, toInt, roundReal, write, words, wordsOfMarkup, fold, midnight, calendar]
    }

    private static func function(_ head: String, returns type: String, sql body: String) -> String {
        "CREATE OR REPLACE FUNCTION \(head) RETURNS \(type) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $atlas$ SELECT \(body) $atlas$"
    }

    private static func function(_ head: String, returns type: String, _ variables: String, steps body: String) -> String {
        "CREATE OR REPLACE FUNCTION \(head) RETURNS \(type) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE"
            + " AS $atlas$ DECLARE \(variables) BEGIN \(body) END $atlas$"
    }

    /// Half away from zero: a quotient of whole numbers, exact where `/` of `numeric` rounds.
    private static func nearest(_ dividend: String, _ divisor: String) -> String {
        "sign(\(dividend)) * sign(\(divisor)) * div(2 * abs(\(dividend)) + abs(\(divisor)), 2 * abs(\(divisor)))"
    }

    /// The limit is that of the 128 bits in which the evaluator divides.
    private static let divide = function(
        "atlas_divide(l numeric, r numeric, ls bigint, rs bigint, s bigint)", returns: "bigint",
        "n numeric := l; d numeric := r; p numeric := ('1e' || (12 - s))::numeric; q numeric;",
        steps: """
            IF r = 0 THEN RETURN NULL; END IF;
            IF 12 + rs >= ls THEN n := n * ('1e' || (12 + rs - ls))::numeric; ELSE d := d * ('1e' || (ls - 12 - rs))::numeric; END IF;
            IF abs(n) > 170141183460469231731687303715884105727 THEN RAISE SQLSTATE '22003'; END IF;
            q := \(nearest("n", "d"));
            IF s < 12 THEN q := \(nearest("q", "p")); END IF;
            RETURN q::bigint;
            """)

    private static let rescale = function(
        "atlas_rescale(x bigint, f bigint, t bigint, mode text)", returns: "bigint",
        "n numeric := x; p numeric := ('1e' || abs(f - t))::numeric; q numeric;",
        steps: """
            IF t >= f THEN RETURN (n * p)::bigint; END IF;
            IF mode = 'round' THEN RETURN (\(nearest("n", "p")))::bigint; END IF;
            q := div(n, p);
            IF mode = 'ceil' AND q * p < n THEN q := q + 1; END IF;
            IF mode = 'floor' AND q * p > n THEN q := q - 1; END IF;
            RETURN q::bigint;
            """)

    /// `round` of `double precision` goes to the even number; here it goes away from zero.
    private static let away = "CASE WHEN abs(x - trunc(x)) >= 0.5 THEN trunc(x) + sign(x) ELSE trunc(x) END"

    private static let toInt = function(
        "atlas_int(x double precision, mode text)", returns: "bigint",
        sql: "(CASE mode WHEN 'ceil' THEN ceil(x) WHEN 'floor' THEN floor(x) ELSE \(away) END)::bigint")

    private static let roundReal = function(
        "atlas_round_real(v double precision, digits bigint)", returns: "double precision", "p double precision := 1; x double precision;",
        steps: """
            FOR i IN 1..least(greatest(digits, 0), 15) LOOP p := p * 10; END LOOP;
            x := v * p;
            RETURN (\(away)) / p;
            """)

    private static let write = function(
        "atlas_decimal(x bigint, s bigint)", returns: "text", sql: "(x * ('1e-' || s)::numeric)::text COLLATE \"C\"")

    private static let words = function(
        "atlas_words(x text)", returns: "bigint", sql: "count(*) FROM regexp_matches(x, E'[^ \\t\\n\\x0B\\f\\r]+', 'g')")

    /// As `Markup.plain`.
    private static let wordsOfMarkup = function(
        "atlas_words_of_markup(x text)", returns: "bigint",
        sql: """
            atlas_words(regexp_replace(regexp_replace(x, E'</?(?:\(Markup.withinWords.joined(separator: "|")))(?:[ /][^>]*)?>', '', 'g'),
            '<[^>]*>', ' ', 'g'))
            """)

    /// `translate` drops what has no partner: the scalars that fall away stand last. What becomes several letters becomes first one of those that
    /// become the same, which is then replaced.
    private static var fold: String {
        var (from, to, gone) = (String.UnicodeScalarView(), String.UnicodeScalarView(), String.UnicodeScalarView())
        var several: [(one: Unicode.Scalar, letters: [Unicode.Scalar])] = []
        func put(_ other: Unicode.Scalar, for scalar: Unicode.Scalar) {
            from.append(scalar)
            to.append(other)
        }
        for (scalar, others) in LetterFolding.table.sorted(by: { $0.key < $1.key }) {
            if others.isEmpty {
                gone.append(scalar)
            } else if others.count == 1 {
                put(others[0], for: scalar)
            } else if let same = several.first(where: { $0.letters == others }) {
                put(same.one, for: scalar)
            } else {
                several.append((scalar, others))
            }
        }
        let translated = "translate(x, '\(String(from) + String(gone))', '\(String(to))')"
        let folded = several.reduce(translated) { text, letter in
            "replace(\(text), '\(letter.one)', '\(letter.letters.map(String.init).joined())')"
        }
        return function("atlas_fold(x text)", returns: "text", sql: folded + " COLLATE \"C\"")
    }

    /// A clock that shows midnight twice shows it first an hour before PostgreSQL says.
    private static let midnight = function(
        "atlas_midnight(d bigint, z text)", returns: "bigint",
        "l timestamp; t timestamptz;",
        steps: """
            IF d NOT BETWEEN \(Calendar.days.lowerBound) AND \(Calendar.days.upperBound) THEN RETURN NULL; END IF;
            l := (date '1970-01-01' + d::integer)::timestamp;
            t := l AT TIME ZONE z;
            IF (t - interval '1 hour') AT TIME ZONE z >= l THEN t := t - interval '1 hour'; END IF;
            RETURN (extract(epoch FROM t) * 1000)::bigint;
            """)

    private static let calendar = function(
        "atlas_calendar(x bigint, part text, z text)", returns: "bigint", "l timestamp;",
        steps: """
            IF x NOT BETWEEN \(Calendar.range.lowerBound) AND \(Calendar.range.upperBound) THEN RETURN NULL; END IF;
            l := (timestamptz 'epoch' + interval '1 second' * ((x - (x % 1000 + 1000) % 1000) / 1000)) AT TIME ZONE z;
            IF part = 'weekday' THEN RETURN extract(isodow FROM l)::bigint; END IF;
            RETURN atlas_midnight(date_trunc(part, l)::date - date '1970-01-01', z);
            """)
}
