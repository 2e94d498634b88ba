//! Describes what the servers of each dialect store. All differences between the dialects are
//! defined in this module.

use core::ops::RangeInclusive;

/// The generation of InfluxDB servers for which lines are written.
///
/// The encoder accepts only data that a server with this dialect stores and returns unchanged. It
/// refuses all other data with a named [`Rule`](crate::Rule). 1.x and 2.x share a parser, and 3.x
/// has a different parser.
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
/// | tag key `_field`, `_measurement`, `_time`, `_value`, `_start`, `_stop` (⁴) | kept | refused | kept |
/// | a key twice among the tags or the fields | refused | refused | refused |
/// | a tag and a field of one name | kept | kept | refused |
/// | unsigned integers | as `i`, up to i64 | `u` | `u` |
/// | infinite floats | refused | refused | refused |
/// | strings (3.x: names and tags too) | up to 1 MiB | up to 1 MiB | up to 1 MiB |
/// | measurement, tags and field key as written, and 4 | up to 65535 bytes | the same | – |
/// | time in ns | all but the two lowest i64 and the highest | the same | all i64 |
///
/// String fields can contain any text. The servers return LF, CR, NUL and quotes in them unchanged.
///
/// (¹) In a field key, an even number of backslashes before `,`, `=` or a space is kept. (²) A
/// backslash in a tag can make the server misread where the line ends, if the line also contains
/// quotes or line feeds. The point is refused if this would happen. (³) `#!~` at the end of a
/// measurement or tag value is also refused. The storage engine of 1.x and 2.x writes `#!~#`
/// between the series and the field. When a 1.x server with the default index restarts, it moves
/// the part of the tag after `#!~#` into the name of the field. (⁴) These are columns of a table in
/// Flux. A 2.x server refuses the first two. If a point has a tag `_time` or `_value`, every Flux
/// query that reads the point fails, and the values of tags `_start` and `_stop` are lost in Flux.
///
/// No rule covers two differences between versions. InfluxDB 1.6 and older panic on a point with
/// exactly 100, 200, 400 ... tags, so the whole request fails. Version 1.8 and all other servers
/// accept points with 100, 200, 400 ... tags. Before 1.8, a string field could be longer than 1
/// MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// InfluxDB 1.x.
    V1,
    /// InfluxDB 2.x, which includes InfluxDB Cloud with the 2.x engine.
    V2,
    /// InfluxDB 3.x.
    V3,
}

/// How a server's parser decides whether a character is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// A character is escaped if the byte before it is a backslash, even if that backslash is
    /// itself escaped. (This is how `scanMeasurement`, `scanTagsKey` and `scanTagsValue` in the Go
    /// file `models/points.go` work.)
    PreviousByte,
    /// A backslash consumes the next character, so two backslashes form a pair. (This is how the
    /// Rust crate `influxdb_line_protocol` and the Go function `scanFields` work.)
    Pairs,
}

/// The rules of one dialect as data.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent fact about a parser"
)]
pub(crate) struct Grammar {
    /// Whether the encoder writes a backslash in a name or tag as two backslashes, and the server
    /// reads two backslashes as one.
    pub(crate) doubles_backslash: bool,
    /// How the server's parser handles backslashes in measurements, tag keys and tag values. In
    /// field keys, it always reads backslashes in pairs.
    pub(crate) pairing: Pairing,
    /// Whether the server removes a backslash before `=` or `"` in a measurement and before `"` in
    /// a field key. (These characters need no escape in these places.)
    pub(crate) loose_escapes: bool,
    /// Whether the server accepts a measurement with a backslash before `=` or `"`, but then cannot
    /// find the measurement.
    pub(crate) loses_measurements: bool,
    /// Whether the server keeps ASCII control characters in names and tags.
    pub(crate) keeps_controls: bool,
    /// Whether the server refuses a whole request if its text is not UTF-8.
    pub(crate) utf8_only: bool,
    /// The bytes that the server skips at the start of a line. The Go parser also skips these bytes
    /// before the fields and before the timestamp.
    pub(crate) blanks: &'static [u8],
    /// Whether the server accepts blanks other than spaces between the parts of a line and after
    /// the last part.
    pub(crate) loose_blanks: bool,
    /// Whether the server accepts an unescaped `,` in keys and an unescaped `=` in tag values.
    pub(crate) loose_names: bool,
    /// Whether the server accepts the floats `1.` and `.5`.
    pub(crate) loose_floats: bool,
    /// Whether the server accepts unsigned integers, which have the suffix `u`.
    pub(crate) unsigned: bool,
    /// Whether the server stores a line with a duplicate tag key. A table that contains a line with
    /// a duplicate tag key can no longer be read.
    pub(crate) takes_tags_twice: bool,
    /// Whether a tag and a field of a point may have the same key.
    pub(crate) tag_and_field: bool,
    /// Tag keys that the server uses for its own columns. All of them begin with `_`.
    pub(crate) reserved_tags: &'static [&'static str],
    /// The maximum total length in bytes of the encoded series key, the separator (4 bytes) and the
    /// encoded field key.
    pub(crate) max_key: usize,
    /// The range of times in nanoseconds that the server can store.
    pub(crate) times: RangeInclusive<i64>,
}

/// The maximum length in bytes of a string field. On 3.x, it is also the maximum length of a name
/// or tag.
pub(crate) const MAX_STRING: usize = 1 << 20;

/// The string that separates the series key from the field key in the storage engine of 1.x and 2.x
/// (`keyFieldSeparator`).
pub(crate) const KEY_SEPARATOR: &str = "#!~#";

// 1.x and 2.x share the parser `models/points.go`, but only 2.x enables unsigned integers.
static V1: Grammar = Grammar {
    doubles_backslash: false,
    pairing: Pairing::PreviousByte,
    loose_escapes: true,
    loses_measurements: false,
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
    // The storage engine uses the two lowest values and the highest value of an `i64` as sentinels
    // (`models/time.go`).
    times: i64::MIN + 2..=i64::MAX - 1,
};

static V2: Grammar = Grammar {
    unsigned: true,
    loose_escapes: false,
    loses_measurements: true,
    reserved_tags: &[
        "_field",
        "_measurement",
        "_time",
        "_value",
        "_start",
        "_stop",
    ],
    times: i64::MIN + 2..=i64::MAX - 1,
    ..V1
};

static V3: Grammar = Grammar {
    doubles_backslash: true,
    pairing: Pairing::Pairs,
    loose_escapes: false,
    loses_measurements: false,
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
