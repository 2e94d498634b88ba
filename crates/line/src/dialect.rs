//! Describes what each server stores. This module is the only place that knows how the dialects
//! differ.

use core::ops::RangeInclusive;

/// The server family for which lines are written.
///
/// Data that these servers store and return unchanged is accepted; everything else is refused with
/// a named [`Rule`](crate::Rule). 1.x and 2.x share a parser; 3.x has a different parser.
///
/// | | 1.x | 2.x | 3.x |
/// |---|---|---|---|
/// | escaped in measurements | `,` space | `,` space | `,` space `\` |
/// | escaped in keys and tag values | `,` `=` space | `,` `=` space | `,` `=` space `\` |
/// | escaped in strings | `"` `\` | `"` `\` | `"` `\` |
/// | LF, NUL in names and tags | refused | refused | refused |
/// | other ASCII control characters there | kept | kept | refused |
/// | a tab at the start of a measurement or field key | refused | refused | refused |
/// | `#` at the start of a measurement | refused | refused | refused |
/// | `\` at the end of a name or tag value | refused | refused | refused |
/// | `\` before `,` `=` `"` space in a measurement | refused | refused | kept |
/// | the same in a field key (¹) | refused | refused | kept |
/// | the same in a tag (²) | kept | kept | kept |
/// | `#!~#` in a measurement or tag (³) | refused | refused | kept |
/// | tag or field key `time` | refused | refused | refused |
/// | tag key `_field`, `_measurement` | kept | refused | kept |
/// | a key twice among the tags or the fields | refused | refused | refused |
/// | a tag and a field of one name | kept | kept | refused |
/// | unsigned integers | as `i`, up to i64 | `u` | `u` |
/// | infinite floats | refused | refused | refused |
/// | strings (3.x: names and tags too) | up to 1 MiB | up to 1 MiB | up to 1 MiB |
/// | measurement, tags and field key as written, and 4 | up to 65535 bytes | the same | – |
/// | time in ns | all but the two lowest i64 and the highest | the same | all i64 |
///
/// String fields can contain any text: LF, CR, NUL and quotes are returned unchanged.
///
/// (¹) An even number of backslashes before `,`, `=` or a space is kept. (²) The point is refused
/// if such a tag, together with quotes or line feeds in the line, would make the server misread
/// where the line ends. (³) `#!~` at the end of a measurement or tag value is also refused. The
/// storage engine writes `#!~#` between the series and the field. When 1.x with its default index
/// restarts, it moves the part of the tag after `#!~#` into the name of the field.
///
/// No rule covers the following two facts. InfluxDB 1.6 and older panic on a point with exactly
/// 100, 200, 400 ... tags, so the whole request fails. Version 1.8 and all other servers accept
/// points with these numbers of tags. Before 1.8, strings could be longer than 1 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// InfluxDB 1.x.
    V1,
    /// InfluxDB 2.x, and InfluxDB Cloud with the 2.x engine.
    V2,
    /// InfluxDB 3.x.
    V3,
}

/// How a parser decides whether a character is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// A character is escaped if the byte before it is a backslash, even if that backslash is
    /// itself escaped. (`scanMeasurement`, `scanTagsKey` and `scanTagsValue` in the Go file
    /// `models/points.go` work in this way.)
    PreviousByte,
    /// A backslash consumes the next character, so two backslashes form a pair. (The Rust crate
    /// `influxdb_line_protocol` and the Go function `scanFields` work in this way.)
    Pairs,
}

/// The rules of one dialect, stored as data.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent fact about a parser"
)]
pub(crate) struct Grammar {
    /// Whether a backslash in a name or tag is written as two backslashes (and two backslashes are
    /// read as one).
    pub(crate) doubles_backslash: bool,
    /// How measurements, tag keys and tag values are scanned. Backslashes in field keys are always
    /// read in pairs.
    pub(crate) pairing: Pairing,
    /// Whether a backslash before `=` and `"` in a measurement, and before `"` in a field key, is
    /// read as an escape, although these characters need no escape there. (2.x accepts such a
    /// measurement, but then cannot find it.)
    pub(crate) loose_escapes: bool,
    /// Whether names and tags keep ASCII control characters.
    pub(crate) keeps_controls: bool,
    /// Whether text that is not UTF-8 makes the server refuse the whole request.
    pub(crate) utf8_only: bool,
    /// The bytes that are skipped at the start of a line. The Go parser also skips these bytes
    /// before the fields and before the time.
    pub(crate) blanks: &'static [u8],
    /// Whether blanks other than spaces may separate the parts of a line and follow the last part.
    pub(crate) loose_blanks: bool,
    /// Whether `,` in keys and `=` in tag values may be left unescaped.
    pub(crate) loose_names: bool,
    /// Whether `1.` and `.5` are valid numbers.
    pub(crate) loose_floats: bool,
    /// Whether the suffix `u` is supported.
    pub(crate) unsigned: bool,
    /// Whether the server stores a line with a duplicate tag key. The table of such a line can then
    /// no longer be read.
    pub(crate) takes_tags_twice: bool,
    /// Whether a tag and a field may have the same key.
    pub(crate) tag_and_field: bool,
    /// Tag keys that the server reserves.
    pub(crate) reserved_tags: &'static [&'static str],
    /// Maximum total length in bytes of the series key, the separator (4 bytes) and the field key,
    /// as encoded.
    pub(crate) max_key: usize,
    /// The range of times that can be stored, in nanoseconds.
    pub(crate) times: RangeInclusive<i64>,
}

/// Maximum length in bytes of a string field (and, on 3.x, of any name or tag).
pub(crate) const MAX_STRING: usize = 1 << 20;

/// The string that separates the series key from the field key in the storage engine of 1.x and 2.x
/// (`keyFieldSeparator`).
pub(crate) const KEY_SEPARATOR: &str = "#!~#";

// 1.x and 2.x share the parser `models/points.go`, but only 2.x enables unsigned integers.
static V1: Grammar = Grammar {
    doubles_backslash: false,
    pairing: Pairing::PreviousByte,
    loose_escapes: true,
    keeps_controls: true,
    utf8_only: false,
    blanks: b" \t\0",
    loose_blanks: true,
    loose_names: false,
    loose_floats: true,
    unsigned: false,
    takes_tags_twice: false,
    tag_and_field: true,
    reserved_tags: &[],
    max_key: 65_535,
    // The engine uses the two lowest values and the highest value as sentinels (`models/time.go`).
    times: i64::MIN + 2..=i64::MAX - 1,
};

static V2: Grammar = Grammar {
    unsigned: true,
    loose_escapes: false,
    reserved_tags: &["_field", "_measurement"],
    times: i64::MIN + 2..=i64::MAX - 1,
    ..V1
};

static V3: Grammar = Grammar {
    doubles_backslash: true,
    pairing: Pairing::Pairs,
    loose_escapes: false,
    keeps_controls: false,
    utf8_only: true,
    blanks: b" \t",
    loose_blanks: false,
    loose_names: true,
    loose_floats: false,
    unsigned: true,
    takes_tags_twice: true,
    tag_and_field: false,
    reserved_tags: &[],
    max_key: usize::MAX,
    times: i64::MIN..=i64::MAX,
};

impl Dialect {
    pub(crate) fn grammar(self) -> &'static Grammar {
        match self {
            Self::V1 => &V1,
            Self::V2 => &V2,
            Self::V3 => &V3,
        }
    }
}
