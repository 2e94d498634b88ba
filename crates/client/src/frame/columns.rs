//! Holds one column of a range of rows, prepared so that reading the value of a row is a slice
//! access.
//!
//! Numbers of every width are converted to the three number types of line protocol, once for each
//! range of rows.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use aioinflux_line::{FieldValue, Numbers, Row, TagCells, Unusual};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, GenericStringArray, LargeStringArray, OffsetSizeTrait, StringArray,
    StringViewArray, UnionArray,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::prefetch::prefetch;
use super::text::{FloatWidth, decimal_text, float_text};

/// A tag or field column over a range of rows.
pub(super) struct Column<'a> {
    length: usize,
    nulls: Option<NullBuffer>,
    pub(super) cells: Cells<'a>,
    /// In a column of floats, the width of the float type before the floats were widened to 64
    /// bits.
    width: FloatWidth,
}

pub(super) enum Cells<'a> {
    Null,
    Float(ScalarBuffer<f64>),
    Integer(ScalarBuffer<i64>),
    Unsigned(ScalarBuffer<u64>),
    Boolean(BooleanBuffer),
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    /// Decimals as strings, because a tag keeps all digits.
    Decimal(Vec<String>),
    Dictionary(Dictionary<'a>),
    Union(&'a UnionArray, Vec<Option<Column<'a>>>),
}

/// The codes of a dictionary column, and the values that the codes stand for.
pub(super) struct Dictionary<'a> {
    /// The code of each row. For a null, the code equals the number of values.
    pub(super) codes: Rc<Vec<u32>>,
    pub(super) values: &'a ArrayRef,
    pub(super) column: Box<Column<'a>>,
}

impl<'a> Column<'a> {
    /// Prepares an array as a column. Returns `None` if line protocol cannot represent the type of
    /// the array.
    pub(super) fn new(array: &'a ArrayRef) -> Option<Self> {
        macro_rules! numbers {
            ($kind:ty, $variant:ident) => {
                Cells::$variant(widened::<$kind, _>(array))
            };
        }
        let cells = match array.data_type() {
            DataType::Null => Cells::Null,
            DataType::Boolean => Cells::Boolean(array.as_boolean().values().clone()),
            DataType::Int8 => numbers!(Int8Type, Integer),
            DataType::Int16 => numbers!(Int16Type, Integer),
            DataType::Int32 => numbers!(Int32Type, Integer),
            DataType::Int64 => Cells::Integer(array.as_primitive::<Int64Type>().values().clone()),
            DataType::UInt8 => numbers!(UInt8Type, Unsigned),
            DataType::UInt16 => numbers!(UInt16Type, Unsigned),
            DataType::UInt32 => numbers!(UInt32Type, Unsigned),
            DataType::UInt64 => {
                Cells::Unsigned(array.as_primitive::<UInt64Type>().values().clone())
            }
            DataType::Float16 => numbers!(Float16Type, Float),
            DataType::Float32 => numbers!(Float32Type, Float),
            DataType::Float64 => Cells::Float(array.as_primitive::<Float64Type>().values().clone()),
            DataType::Utf8 => Cells::Utf8(array.as_string()),
            DataType::LargeUtf8 => Cells::LargeUtf8(array.as_string()),
            DataType::Utf8View => Cells::Utf8View(array.as_string_view()),
            DataType::Decimal32(..) => decimals::<Decimal32Type>(array),
            DataType::Decimal64(..) => decimals::<Decimal64Type>(array),
            DataType::Decimal128(..) => decimals::<Decimal128Type>(array),
            DataType::Decimal256(..) => decimals::<Decimal256Type>(array),
            DataType::Dictionary(key, _) => Cells::Dictionary(dictionary(array, key)?),
            DataType::Union(fields, _) => {
                let union = array.as_union();
                let mut children = Vec::new();
                for (id, _) in fields.iter() {
                    let slot = usize::try_from(id).ok()?;
                    children.resize_with(children.len().max(slot + 1), || None);
                    children[slot] = Some(Self::new(union.child(id))?);
                }
                Cells::Union(union, children)
            }
            _ => return None,
        };
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        Some(Self {
            length: array.len(),
            nulls: nulls.cloned(),
            cells,
            width: match array.data_type() {
                DataType::Float16 => FloatWidth::Half,
                DataType::Float32 => FloatWidth::Single,
                _ => FloatWidth::Double,
            },
        })
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    #[inline]
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Returns whether the column contains numbers, which [`fill`](Self::fill) formats.
    pub(super) fn is_numbers(&self) -> bool {
        matches!(
            self.cells,
            Cells::Float(_) | Cells::Integer(_) | Cells::Unsigned(_)
        )
    }

    /// Formats the column's numbers in the range `rows`, and stores the results in `numbers`.
    pub(super) fn fill(&self, numbers: &mut Numbers, rows: Range<usize>) {
        let next = rows.end..rows.end + rows.len();
        match &self.cells {
            Cells::Float(values) => {
                prefetch(values, next);
                numbers.floats(&values[rows.clone()]);
            }
            Cells::Integer(values) => {
                prefetch(values, next);
                numbers.integers(&values[rows.clone()]);
            }
            Cells::Unsigned(values) => {
                prefetch(values, next);
                numbers.unsigned(&values[rows.clone()]);
            }
            _ => return,
        }
        if let Some(nulls) = &self.nulls {
            for (place, row) in rows.enumerate() {
                if nulls.is_null(row) {
                    numbers.leave_out(place);
                }
            }
        }
    }

    /// Writes the column's value in row `row` as a field, with the fast encoder.
    #[inline]
    pub(super) fn write(
        &self,
        line: &mut Row<'_>,
        field: usize,
        row: usize,
    ) -> Result<(), Unusual> {
        if self.is_null(row) {
            return Ok(());
        }
        // All text types share one call to the encoder, so that the compiler inlines this call.
        let text = match &self.cells {
            Cells::Boolean(values) => return line.boolean(field, values.value(row)),
            Cells::Utf8(array) => array.value(row),
            Cells::LargeUtf8(array) => array.value(row),
            Cells::Utf8View(array) => array.value(row),
            Cells::Null => return Ok(()),
            _ => return self.write_value(line, field, row),
        };
        line.string(field, text)
    }

    #[inline(never)]
    fn write_value(&self, line: &mut Row<'_>, field: usize, row: usize) -> Result<(), Unusual> {
        match self.value(row) {
            None => Ok(()),
            Some(FieldValue::Float(value)) => line.float(field, value),
            Some(FieldValue::Integer(value)) => line.integer(field, value),
            Some(FieldValue::Unsigned(value)) => line.unsigned(field, value),
            Some(FieldValue::Boolean(value)) => line.boolean(field, value),
            Some(FieldValue::String(text)) => line.string(field, &text),
        }
    }

    /// Returns the column's value in row `row` as a field value, or `None` for a null.
    pub(super) fn value(&self, row: usize) -> Option<FieldValue<'_>> {
        if self.is_null(row) {
            return None;
        }
        let text = |text| FieldValue::String(Cow::Borrowed(text));
        Some(match &self.cells {
            Cells::Null => return None,
            Cells::Float(values) => FieldValue::Float(values[row]),
            Cells::Integer(values) => FieldValue::Integer(values[row]),
            Cells::Unsigned(values) => FieldValue::Unsigned(values[row]),
            Cells::Boolean(values) => FieldValue::Boolean(values.value(row)),
            Cells::Utf8(array) => text(array.value(row)),
            Cells::LargeUtf8(array) => text(array.value(row)),
            Cells::Utf8View(array) => text(array.value(row)),
            // Rust's parser returns the nearest float. A decimal has at most 76 digits, so it
            // cannot exceed the range of a float.
            Cells::Decimal(texts) => FieldValue::Float(texts[row].parse().ok()?),
            Cells::Dictionary(Dictionary { codes, column, .. }) => {
                return column.value(codes[row] as usize);
            }
            Cells::Union(array, children) => {
                let slot = usize::try_from(array.type_id(row)).ok()?;
                return children.get(slot)?.as_ref()?.value(array.value_offset(row));
            }
        })
    }

    /// Returns whether the column is a plain text column, whose strings
    /// [`fill_tags`](Self::fill_tags) checks.
    pub(super) fn is_texts(&self) -> bool {
        matches!(
            self.cells,
            Cells::Utf8(_) | Cells::LargeUtf8(_) | Cells::Utf8View(_)
        )
    }

    /// Checks the column's strings in the range `rows`, and stores the results in `cells`.
    pub(super) fn fill_tags(&self, cells: &mut TagCells, rows: Range<usize>) {
        macro_rules! fill {
            ($array:ident) => {
                match &self.nulls {
                    None => cells.fill(rows.map(|row| $array.value(row))),
                    // The bytes under a null are arbitrary, and are not checked.
                    Some(nulls) => cells.fill(rows.map(|row| match nulls.is_null(row) {
                        true => "",
                        false => $array.value(row),
                    })),
                }
            };
        }
        let next = rows.end..rows.end + rows.len();
        match &self.cells {
            Cells::Utf8(array) => {
                prefetch_texts(array, &rows);
                fill!(array);
            }
            Cells::LargeUtf8(array) => {
                prefetch_texts(array, &rows);
                fill!(array);
            }
            Cells::Utf8View(array) => {
                prefetch(array.views(), next);
                fill!(array);
            }
            _ => {}
        }
    }

    /// Writes the column's value in row `row` as a tag, with the fast encoder.
    #[inline]
    pub(super) fn write_tag(
        &self,
        line: &mut Row<'_>,
        tag: usize,
        row: usize,
    ) -> Result<(), Unusual> {
        if self.is_null(row) {
            return Ok(());
        }
        let text = match &self.cells {
            Cells::Utf8(array) => array.value(row),
            Cells::LargeUtf8(array) => array.value(row),
            Cells::Utf8View(array) => array.value(row),
            _ => return self.write_other_tag(line, tag, row),
        };
        line.tag(tag, text)
    }

    #[inline(never)]
    fn write_other_tag(&self, line: &mut Row<'_>, tag: usize, row: usize) -> Result<(), Unusual> {
        match self.text(row) {
            Some(text) => line.tag(tag, &text),
            None => Ok(()),
        }
    }

    /// Returns the column's value in row `row` as tag text, or `None` for null and NaN.
    pub(super) fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        if self.is_null(row) {
            return None;
        }
        match &self.cells {
            Cells::Utf8(array) => return Some(Cow::Borrowed(array.value(row))),
            Cells::LargeUtf8(array) => return Some(Cow::Borrowed(array.value(row))),
            Cells::Utf8View(array) => return Some(Cow::Borrowed(array.value(row))),
            Cells::Decimal(texts) => return Some(Cow::Borrowed(&texts[row])),
            Cells::Dictionary(Dictionary { codes, column, .. }) => {
                return column.text(codes[row] as usize);
            }
            Cells::Union(array, children) => {
                let slot = usize::try_from(array.type_id(row)).ok()?;
                return children.get(slot)?.as_ref()?.text(array.value_offset(row));
            }
            _ => {}
        }
        Some(match self.value(row)? {
            FieldValue::String(text) => text,
            FieldValue::Boolean(true) => Cow::Borrowed("True"),
            FieldValue::Boolean(false) => Cow::Borrowed("False"),
            FieldValue::Integer(value) => Cow::Owned(value.to_string()),
            FieldValue::Unsigned(value) => Cow::Owned(value.to_string()),
            FieldValue::Float(value) if value.is_nan() => return None,
            FieldValue::Float(value) => Cow::Owned(float_text(value, self.width)),
        })
    }

    /// Returns whether every cell of the column is a string or null.
    pub(super) fn is_text(&self) -> bool {
        match &self.cells {
            Cells::Utf8(_) | Cells::LargeUtf8(_) | Cells::Utf8View(_) | Cells::Null => true,
            Cells::Dictionary(dictionary) => dictionary.column.is_text(),
            _ => false,
        }
    }
}

/// Prefetches the strings of the rows that follow the range `rows`. The number of prefetched rows
/// equals the length of `rows`.
fn prefetch_texts<O: OffsetSizeTrait>(array: &GenericStringArray<O>, rows: &Range<usize>) {
    let offsets = array.value_offsets();
    prefetch(offsets, rows.end..rows.end + rows.len());
    let [start, end] = [rows.start, rows.end].map(|row| offsets[row].as_usize());
    prefetch(array.value_data(), end..end + (end - start));
}

fn widened<T, W>(array: &ArrayRef) -> ScalarBuffer<W>
where
    T: ArrowPrimitiveType,
    W: From<T::Native> + ArrowNativeType,
{
    let values = array.as_primitive::<T>().values();
    values.iter().map(|value| W::from(*value)).collect()
}

fn decimals<T>(array: &ArrayRef) -> Cells<'static>
where
    T: DecimalType,
    T::Native: std::fmt::Display,
{
    let array = array.as_primitive::<T>();
    let text = |row: usize| decimal_text(&array.value(row).to_string(), array.scale());
    // Nulls are not formatted, because the numbers under nulls are arbitrary and are never read.
    let text = |row| array.is_valid(row).then(|| text(row));
    Cells::Decimal(
        (0..array.len())
            .map(|row| text(row).unwrap_or_default())
            .collect(),
    )
}

fn dictionary<'a>(array: &'a ArrayRef, key: &DataType) -> Option<Dictionary<'a>> {
    let values = array.as_any_dictionary().values();
    // The code that stands for nulls. No value has this code.
    let none = u32::try_from(values.len()).ok()?;
    macro_rules! codes {
        ($($data_type:ident: $kind:ty),+) => {
            match key {
                $(DataType::$data_type => codes::<$kind>(array, none)?,)+
                _ => return None,
            }
        };
    }
    let codes = codes!(
        Int8: Int8Type, Int16: Int16Type, Int32: Int32Type, Int64: Int64Type,
        UInt8: UInt8Type, UInt16: UInt16Type, UInt32: UInt32Type, UInt64: UInt64Type
    );
    Some(Dictionary {
        codes: Rc::new(codes),
        values,
        column: Box::new(Column::new(values)?),
    })
}

/// Returns the dictionary code of each row. Returns `None` if the dictionary has no value for a
/// code.
fn codes<K: ArrowDictionaryKeyType>(array: &ArrayRef, none: u32) -> Option<Vec<u32>> {
    let keys = array.as_dictionary::<K>().keys();
    let code = |key: &K::Native| {
        let code = key.to_usize().map(u32::try_from);
        code.and_then(Result::ok).unwrap_or(u32::MAX)
    };
    let mut codes: Vec<u32> = keys.values().iter().map(code).collect();
    if let Some(nulls) = keys.nulls() {
        for row in (!nulls.inner()).set_indices() {
            codes[row] = none;
        }
    }
    let beyond = codes.iter().filter(|code| **code >= none).count();
    (beyond == keys.null_count()).then_some(codes)
}

/// Returns the text that each cell of a column has as a tag value. If the tag of a cell is left
/// out, the text of this cell is null. Returns `None` if a column of this type cannot be a tag.
pub fn tag_texts(array: &ArrayRef) -> Option<StringArray> {
    let column = Column::new(array)?;
    Some((0..array.len()).map(|row| column.text(row)).collect())
}
