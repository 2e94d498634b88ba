//! The named rules by which points are refused.

use core::fmt;

// The sentences and the variants belong together, and a list beats two long matches.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $sentence:literal,)+) => {
        /// Why a point was refused; its `Display` is a sentence about the value.
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
    /// The measurement was given twice.
    MeasurementTwice: "is the second one; a point has one measurement",
    /// A tag came after a field.
    TagAfterField: "comes after a field; add tags before fields",
    /// A measurement or key has no characters.
    Empty: "is empty",
    /// A line feed in a measurement, key or tag value would end the line.
    Newline: "contains a newline",
    /// A NUL in a measurement, key or tag value.
    Nul: "contains a NUL character",
    /// A control character in a name or tag, on 3.x.
    Control: "contains a control character, which 3.x does not store in names and tags",
    /// A backslash at the end of a measurement, key or tag value.
    TrailingBackslash: "ends with a backslash, which would escape the next character",
    /// A backslash before a character that needs one itself, where the server can't tell them apart.
    BackslashBeforeSpecial:
        "contains a backslash before a comma, space, equals sign or quote, which the server would \
         drop",
    /// A measurement that starts like a comment.
    LeadingHash: "starts with `#`, which makes the line a comment",
    /// A measurement or field key that starts with a tab, which 1.x and 2.x skip.
    LeadingTab: "starts with a tab, which the server would skip",
    /// The storage engine's separator of series and field in a name or tag, on 1.x and 2.x.
    KeySeparator: "contains `#!~#`, which the storage engine uses as a separator",
    /// `time` as a tag or field key.
    Time: "is reserved for the timestamp",
    /// A tag key that 2.x keeps for itself.
    ReservedTag: "is a tag key that the server reserves",
    /// The same tag key twice.
    DuplicateTag: "is already a tag of this point",
    /// The same field key twice.
    DuplicateField: "is already a field of this point",
    /// A tag and a field of one name, on 3.x.
    TagAndField: "is both a tag and a field, which 3.x does not accept",
    /// Series key and field key too long for the storage engine of 1.x and 2.x.
    KeyTooLong: "makes measurement, tags and field key longer than 65535 bytes",
    /// A string field over 1 MiB; on 3.x a name or tag as well.
    TooLong: "is longer than 1 MiB",
    /// A time that the server can't store.
    TimeOutOfRange: "is outside the range of times that the server stores",
    /// An unsigned integer beyond i64, on 1.x.
    UnsignedTooLarge: "does not fit into a signed integer, and 1.x has no unsigned integers",
    /// NaN, where the options refuse it.
    NotANumber: "is not a number",
    /// An infinite float.
    Infinite: "is infinite",
    /// Backslashes in tags mislead the server about where this line ends.
    LineSplit: "has backslashes before special characters in a tag and quotes or newlines after \
        it, so the server would not find the end of the line",
    /// Encoded text that ends inside a quoted string or in a backslash.
    OpenLine: "ends inside a quoted string or with a backslash, so the next line would become part \
        of it",
    /// Encoded text with a line feed that ends no line and is in no string.
    JoinedLines: "has a newline that is not in a quoted string and does not end the line, so the \
        server would read two lines as one",
    /// Encoded text with a string that has more behind its closing quote.
    AfterString: "has text after the closing quote of a string; write a quote inside a string as \
        `\\\"`",
    /// Encoded text with a field key that ends in a backslash, on 1.x and 2.x.
    FieldKeyBackslash: "has a field key that ends with a backslash; the server would read part of \
        the value as the key",
    /// Encoded text that is no UTF-8, on 3.x.
    NotUtf8: "is not UTF-8, so 3.x would refuse the whole request",
}
