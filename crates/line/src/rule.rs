//! Defines the named rules for which the encoder refuses points.

use core::fmt;

// The macro keeps the error text of each rule next to its variant. Without the macro, two long
// `match` expressions would separate them.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $sentence:literal,)+) => {
        /// The reason why a point was refused. The `Display` implementation writes a description of
        /// the refused value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $name,)+
        }

        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $sentence,)+ })
            }
        }
    };
}

rules! {
    /// The point has no measurement.
    NoMeasurement: "has no measurement",
    /// The measurement of a point was set twice.
    MeasurementTwice: "is the second one; a point has one measurement",
    /// A tag was written after a field.
    TagAfterField: "comes after a field; add tags before fields",
    /// A measurement or key is empty.
    Empty: "is empty",
    /// A measurement, key or tag value contains a line feed, which would end the line.
    Newline: "contains a newline",
    /// A measurement, key or tag value contains a NUL.
    Nul: "contains a NUL character",
    /// On 3.x, a name or tag contains a control character.
    Control: "contains a control character, which 3.x does not store in names and tags",
    /// A measurement, key or tag value ends with a backslash.
    TrailingBackslash: "ends with a backslash, which would escape the next character",
    /// A backslash precedes a character that must itself be escaped. The server cannot distinguish
    /// this backslash from an escape.
    BackslashBeforeSpecial:
        "contains a backslash before a comma, space, equals sign or quote, which the server would \
         drop",
    /// A measurement starts with `#`, like a comment.
    LeadingHash: "starts with `#`, which makes the line a comment",
    /// A measurement or field key starts with a tab, which 1.x and 2.x skip.
    LeadingTab: "starts with a tab, which the server would skip",
    /// On 1.x and 2.x, a name or tag contains `#!~#`, which separates the series from the field in
    /// the storage engine.
    KeySeparator: "contains `#!~#`, which the storage engine uses as a separator",
    /// A tag key or field key is `time`.
    Time: "is reserved for the timestamp",
    /// A tag key is one of the names that 2.x uses for its own columns.
    ReservedTag: "is a column that 2.x adds to every table; use a different key",
    /// Two tags of the point have the same key.
    DuplicateTag: "is already a tag of this point",
    /// Two fields of the point have the same key.
    DuplicateField: "is already a field of this point",
    /// On 3.x, a tag and a field have the same name.
    TagAndField: "is both a tag and a field, which 3.x does not accept",
    /// The series key and the field key together are too long for the storage engine of 1.x and
    /// 2.x.
    KeyTooLong: "makes measurement, tags and field key longer than 65535 bytes",
    /// A string field is longer than 1 MiB. On 3.x, this rule also applies to names and tags.
    TooLong: "is longer than 1 MiB",
    /// The timestamp is outside the range that the server can store.
    TimeOutOfRange: "is outside the range of times that the server stores",
    /// On 1.x, an unsigned integer exceeds the range of `i64`.
    UnsignedTooLarge: "does not fit into a signed integer, and 1.x has no unsigned integers",
    /// The value of a field is NaN, and the options refuse NaN.
    NotANumber: "is not a number",
    /// The value of a float field is infinite.
    Infinite: "is infinite",
    /// Backslashes in tags make the server misread where the line of the point ends.
    LineSplit: "has backslashes before special characters in a tag and quotes or newlines after \
        it, so the server would not find the end of the line",
    /// Encoded text ends inside a quoted string or with a backslash.
    OpenLine: "ends inside a quoted string or with a backslash, so the next line would become part \
        of it",
    /// Encoded text contains a line feed that is outside a string but does not end a line.
    JoinedLines: "has a newline that is not in a quoted string and does not end the line, so the \
        server would read two lines as one",
    /// In encoded text, the closing quote of a string field is followed by something other than a
    /// comma, a space or the end of the line.
    AfterString: "has text after the closing quote of a string; write a quote inside a string as \
        `\\\"`",
    /// On 1.x and 2.x, a field key in encoded text ends with a backslash.
    FieldKeyBackslash: "has a field key that ends with a backslash; the server would read part of \
        the value as the key",
    /// On 3.x, encoded text is not UTF-8.
    NotUtf8: "is not UTF-8, so 3.x would refuse the whole request",
}
