//! Defines the errors of arranging the tables of a Flux answer.

use std::fmt;

use arrow_schema::DataType;

/// The maximum number of column names in an error.
const NAMES: usize = 20;

/// The reason why the tables of a Flux answer cannot be arranged as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// Two tables have a column of the same name, but of different types.
    MixedColumn {
        /// The column.
        name: String,
        /// The two types.
        types: (DataType, DataType),
    },
    /// Two tables to be pivoted have a field of the same name, but of different types.
    MixedField {
        /// The field.
        name: String,
        /// The two types.
        types: (DataType, DataType),
    },
    /// A field to be pivoted has the name of another column.
    NameTaken(String),
    /// A row to be pivoted has no field name.
    Unnamed,
    /// A field has two values at the same time in the same series.
    Duplicate {
        /// The field.
        field: String,
        /// The time, or `None` if the row has none.
        time: Option<i64>,
        /// The other columns that the two rows have in common, and their values.
        series: Vec<(String, String)>,
    },
    /// The strings of a pivoted column take more than 2 GiB in a batch.
    TooLong(String),
    /// No table has a selected column.
    Unknown {
        /// The column.
        name: String,
        /// The columns that exist.
        known: Vec<String>,
    },
    /// A column is selected twice.
    SelectedTwice(String),
    /// A table has none of the selected columns.
    NothingSelected(Vec<String>),
}

impl TableError {
    pub(super) fn unknown(name: &str, known: Vec<String>) -> Self {
        Self::Unknown {
            name: name.to_owned(),
            known,
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MixedColumn { name, types } => write!(
                f,
                "column `{}`: expected one type in all tables, got {} and {}; hint: arrange the \
                 tables by schema, or pivot them",
                shown(name),
                word(&types.0),
                word(&types.1)
            ),
            Self::MixedField { name, types } => write!(
                f,
                "field `{}`: expected one type in all tables, got {} and {}; hint: query one \
                 measurement at a time, or convert the values in the query, such as with \
                 `toFloat()`",
                shown(name),
                word(&types.0),
                word(&types.1)
            ),
            Self::NameTaken(name) => write!(
                f,
                "field `{}`: another column has the same name; hint: rename one of them in the \
                 query",
                shown(name)
            ),
            Self::Unnamed => write!(f, "column `_field`: expected a name in every row, got null"),
            Self::Duplicate {
                field,
                time,
                series,
            } => duplicate(f, field, *time, series),
            Self::TooLong(name) => write!(
                f,
                "column `{}`: its strings take more than 2 GiB in 1,048,576 rows",
                shown(name)
            ),
            Self::Unknown { name, known } => write!(
                f,
                "no table has a column `{}`; the columns are {}",
                shown(name),
                listed(known)
            ),
            Self::SelectedTwice(name) => write!(f, "column `{}` is selected twice", shown(name)),
            Self::NothingSelected(names) => {
                write!(f, "a table has none of the columns {}", listed(names))
            }
        }
    }
}

impl std::error::Error for TableError {}

fn duplicate(
    f: &mut fmt::Formatter<'_>,
    field: &str,
    time: Option<i64>,
    series: &[(String, String)],
) -> fmt::Result {
    write!(f, "field `{}` has two values", shown(field))?;
    if let Some(time) = time {
        let time = jiff::Timestamp::from_nanosecond(time.into());
        let time = time.map_or_else(|_| String::new(), |time| time.to_string());
        write!(f, " at {time}")?;
    }
    if !series.is_empty() {
        let pairs = series.iter().take(NAMES);
        let pairs = pairs.map(|(key, value)| format!("{}={}", shown(key), shown(value)));
        let pairs: Vec<String> = pairs.collect();
        write!(f, " in the series `{}`", pairs.join(", "))?;
    }
    write!(
        f,
        "; hint: query a single result, and keep the columns that distinguish the rows"
    )
}

/// Returns the name that Flux has for a type.
fn word(kind: &DataType) -> &'static str {
    match kind {
        DataType::Int64 => "long",
        DataType::UInt64 => "unsignedLong",
        DataType::Float64 => "double",
        DataType::Boolean => "boolean",
        DataType::Timestamp(..) => "dateTime",
        _ => "string",
    }
}

fn listed(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(NAMES)
        .map(|name| format!("`{}`", shown(name)));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMES {
        text.push_str(", …");
    }
    text
}

/// Returns the first characters of a name, without control characters.
fn shown(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = name.chars().take(64).map(clean).collect();
    if name.chars().nth(64).is_some() {
        text.push('…');
    }
    text
}
