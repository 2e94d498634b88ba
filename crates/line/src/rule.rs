//! The named rules for refusing points.

use core::fmt;

// The macro keeps each sentence next to its variant, which two long `match` expressions would not
// do.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $sentence:literal,)+) => {
        /// The reason why a point was refused. `Display` writes a sentence about the refused value.
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
    /// The measurement was set twice.
    MeasurementTwice: "is the second one; a point has one measurement",
    /// A tag came after a field.
    TagAfterField: "comes after a field; add tags before fields",
    /// A measurement or key has no characters.
    Empty: "is empty",
    /// A measurement, key or tag value contains a line feed, which would end the line.
    Newline: "contains a newline",
    /// A measurement, key or tag value contains a NUL.
    Nul: "contains a NUL character",
    /// On 3.x, a name or tag contains a control character.
    Control: "contains a control character, which 3.x does not store in names and tags",
    /// A measurement, key or tag value ends with a backslash.
    TrailingBackslash: "ends with a backslash, which would escape the next character",
    /// A backslash precedes a character that must itself be escaped, and the server cannot tell
    /// this backslash from an escape.
    BackslashBeforeSpecial:
        "contains a backslash before a comma, space, equals sign or quote, which the server would \
         drop",
    /// A measurement starts like a comment.
    LeadingHash: "starts with `#`, which makes the line a comment",
    /// A measurement or field key starts with a tab, which 1.x and 2.x skip.
    LeadingTab: "starts with a tab, which the server would skip",
    /// On 1.x and 2.x, a name or tag contains the string that separates the series from the field
    /// in the storage engine.
    KeySeparator: "contains `#!~#`, which the storage engine uses as a separator",
    /// A tag key or field key is `time`.
    Time: "is reserved for the timestamp",
    /// A tag key is reserved by 2.x.
    ReservedTag: "is a tag key that the server reserves",
    /// Two tags of the point have the same key.
    DuplicateTag: "is already a tag of this point",
    /// Two fields of the point have the same key.
    DuplicateField: "is already a field of this point",
    /// On 3.x, a tag and a field have the same name.
    TagAndField: "is both a tag and a field, which 3.x does not accept",
    /// The series key and the field key together are too long for the storage engine of 1.x and
    /// 2.x.
    KeyTooLong: "makes measurement, tags and field key longer than 65535 bytes",
    /// A string field, or on 3.x also a name or tag, is longer than 1 MiB.
    TooLong: "is longer than 1 MiB",
    /// The server cannot store the time.
    TimeOutOfRange: "is outside the range of times that the server stores",
    /// On 1.x, an unsigned integer is beyond the range of i64.
    UnsignedTooLarge: "does not fit into a signed integer, and 1.x has no unsigned integers",
    /// A field is NaN, and the options refuse NaN.
    NotANumber: "is not a number",
    /// A float is infinite.
    Infinite: "is infinite",
    /// Backslashes in tags make the server misread where this line ends.
    LineSplit: "has backslashes before special characters in a tag and quotes or newlines after \
        it, so the server would not find the end of the line",
    /// Encoded text ends inside a quoted string or with a backslash.
    OpenLine: "ends inside a quoted string or with a backslash, so the next line would become part \
        of it",
    /// Encoded text contains a line feed that does not end a line and is not inside a string.
    JoinedLines: "has a newline that is not in a quoted string and does not end the line, so the \
        server would read two lines as one",
    /// Encoded text has more characters after the closing quote of a string.
    AfterString: "has text after the closing quote of a string; write a quote inside a string as \
        `\\\"`",
    /// On 1.x and 2.x, encoded text has a field key that ends with a backslash.
    FieldKeyBackslash: "has a field key that ends with a backslash; the server would read part of \
        the value as the key",
    /// On 3.x, encoded text is not UTF-8.
    NotUtf8: "is not UTF-8, so 3.x would refuse the whole request",
}
