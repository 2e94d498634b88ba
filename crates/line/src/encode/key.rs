//! Defines the names that the encoder accepts. A name is text, or a key that is checked and escaped
//! once for many lines.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::syntax::bytes::kinds_in;
use crate::syntax::escape::{append_escaped, misleads_splitter, without_newlines};
use crate::{Error, Options, Place, Rule};

/// A name that is checked and escaped once and then used in many lines as a measurement, tag key or
/// field key.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Key};
///
/// let (cpu, load) = (Key::new(Dialect::V1, "cpu")?, Key::new(Dialect::V1, "load avg")?);
/// let mut encoder = Encoder::new(Dialect::V1);
/// for (index, value) in [0.5, 0.75].into_iter().enumerate() {
///     let mut line = encoder.point(index as u64);
///     line.measurement(&cpu)?.field(&load, value)?;
///     line.finish(None)?;
/// }
/// assert_eq!(encoder.batch().bytes(), b"cpu load\\ avg=0.5\ncpu load\\ avg=0.75\n");
/// # Ok::<(), aioinflux_line::Error>(())
/// ```
///
/// A name can be valid in one part of a line and invalid in another. For example, `#1` can be a
/// field key, but not a measurement. `Key` records the places in which its name is invalid. The
/// error is returned when the key is used in one of these places. If the options of an encoder
/// differ from the options of the key, the encoder escapes the name again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    options: Options,
    removed: u64,
    misleading: bool,
    measurement: Result<Vec<u8>, Rule>,
    tag: Result<Vec<u8>, Rule>,
    field: Result<Vec<u8>, Rule>,
}

impl Key {
    /// Checks and escapes a name according to the rules of a dialect (or according to [`Options`]).
    ///
    /// # Errors
    ///
    /// Fails if the name is invalid in every place of a line. For example, a name is invalid if it
    /// is empty, contains a newline or ends with a backslash.
    pub fn new(options: impl Into<Options>, name: &str) -> Result<Self, Error> {
        let options = options.into();
        let (text, removed) = if options.remove_newlines {
            without_newlines(name)
        } else {
            (Cow::Borrowed(name), 0)
        };
        let grammar = options.dialect.grammar();
        let kinds = kinds_in(&text);
        let encode = |place| {
            if let Some(rule) = grammar.refusal(place, &text, kinds) {
                return Err(rule);
            }
            let mut bytes = Vec::with_capacity(text.len());
            append_escaped(&mut bytes, &text, grammar.escaped(place));
            Ok(bytes)
        };
        let key = Self {
            measurement: encode(Place::Measurement),
            tag: encode(Place::TagKey),
            field: encode(Place::FieldKey),
            name: name.into(),
            misleading: !grammar.doubles_backslash && misleads_splitter(&text),
            options,
            removed,
        };
        match (&key.measurement, &key.tag, &key.field) {
            (Err(rule), Err(_), Err(_)) => Err(Error::new(None, Place::Name, None, name, *rule)),
            _ => Ok(key),
        }
    }

    /// Returns the name as it was passed to [`Key::new`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the options with which the name was escaped.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Returns the number of newlines that were removed from the name when it was escaped.
    pub(crate) fn removed(&self) -> u64 {
        self.removed
    }

    /// Returns the escaped name for a place, if the key was made with compatible options.
    pub(crate) fn encoded(&self, place: Place, options: Options) -> Option<Result<&[u8], Rule>> {
        let same = self.options.dialect == options.dialect
            && (self.removed == 0 || options.remove_newlines);
        let bytes = match place {
            Place::Measurement => &self.measurement,
            Place::TagKey => &self.tag,
            _ => &self.field,
        };
        same.then(|| bytes.as_deref().map_err(|rule| *rule))
    }

    /// Returns whether a line with this tag key must be checked, because the server may misread
    /// where the line ends.
    pub(crate) fn misleads_splitter(&self) -> bool {
        self.misleading
    }
}

/// A type that can be passed to the encoder as a name, which is text or a [`Key`].
///
/// This trait is implemented for `str`, `String`, `Cow<str>`, [`Key`], and references to these
/// types.
pub trait Name: sealed::Name {}

impl<T: sealed::Name + ?Sized> Name for T {}

/// The name that is passed to the encoder.
#[derive(Debug, Clone, Copy)]
pub enum NameRef<'a> {
    /// A name as text, which is checked and escaped when it is written.
    Text(&'a str),
    /// A key, whose name was checked and escaped earlier.
    Key(&'a Key),
}

impl<'a> NameRef<'a> {
    pub(crate) fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Key(key) => key.name(),
        }
    }
}

mod sealed {
    use super::{Cow, Key, NameRef, String};

    pub trait Name {
        fn name_ref(&self) -> NameRef<'_>;
    }

    impl Name for str {
        fn name_ref(&self) -> NameRef<'_> {
            NameRef::Text(self)
        }
    }

    impl Name for String {
        fn name_ref(&self) -> NameRef<'_> {
            NameRef::Text(self)
        }
    }

    impl Name for Cow<'_, str> {
        fn name_ref(&self) -> NameRef<'_> {
            NameRef::Text(self)
        }
    }

    impl Name for Key {
        fn name_ref(&self) -> NameRef<'_> {
            NameRef::Key(self)
        }
    }

    impl<T: Name + ?Sized> Name for &T {
        fn name_ref(&self) -> NameRef<'_> {
            (**self).name_ref()
        }
    }
}
