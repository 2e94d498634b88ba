//! Prepares a range of rows for encoding. Names are sorted and escaped once for the whole range,
//! and columns are prepared.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use aioinflux_line::{Options, Shape, TagValues};
use arrow_array::{Array, ArrayRef, RecordBatch};

use super::columns::{Cells, Column};
use super::times::Time;
use super::{FrameError, FrameLayout};

/// The maximum number of values of a dictionary that are escaped in advance. The values of a larger
/// dictionary are not escaped in advance, because the rows may use only a few of these values.
const MAX_VALUES: usize = 1 << 16;
/// The maximum number of measurement names that are escaped in advance for a range of rows. The
/// names of further measurements are escaped row by row.
const MAX_SHAPES: usize = 256;

/// The escaped values of tag columns. The key in the map is the position of the column.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<usize, (ArrayRef, Arc<TagValues>)>>);

impl Memory {
    /// Returns the escaped values of a tag column. The values are escaped again only if `array` is
    /// not the same array as in the previous range.
    fn values(
        &self,
        position: usize,
        array: &ArrayRef,
        make: impl FnOnce() -> TagValues,
    ) -> Arc<TagValues> {
        let known = |entry: &&(ArrayRef, Arc<TagValues>)| Arc::ptr_eq(&entry.0, array);
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, values)) = entries.get(&position).filter(known) {
            return Arc::clone(values);
        }
        drop(entries);
        let values = Arc::new(make());
        let entry = (Arc::clone(array), Arc::clone(&values));
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(position, entry);
        values
    }
}

/// A range of rows that is ready to be encoded.
pub(super) struct Plan<'a> {
    pub(super) layout: &'a FrameLayout,
    pub(super) rows: usize,
    pub(super) time: Option<Time>,
    pub(super) measurement: Option<Column<'a>>,
    /// The names and columns of the tags, except tags that an extra tag of the layout replaces.
    pub(super) tags: Vec<(&'a str, Column<'a>)>,
    pub(super) fields: Vec<(&'a str, Column<'a>)>,
    /// For each row, the index of its shape in `shapes`. `shape_of` is empty if all rows have the
    /// first shape.
    pub(super) shape_of: Vec<u32>,
    /// The shapes of the rows. A shape is `None` if the rows of its measurement need
    /// `PointEncoder`.
    pub(super) shapes: Vec<Option<Shape>>,
    /// The tags of every shape, in the order in which a shape contains its tags.
    pub(super) shaped: Vec<(usize, ShapedTag)>,
}

/// The source from which the fast encoder takes the text of a tag.
pub(super) enum ShapedTag {
    /// A constant, because the tag has the same text in all rows.
    Constant(Arc<TagValues>),
    /// A list of texts, and the code of each row's text in this list.
    Coded(Arc<TagValues>, Rc<Vec<u32>>),
    /// The tag's own column, from which each row's text is read.
    Text,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        frame: &'a RecordBatch,
        layout: &'a FrameLayout,
        options: Options,
        memory: &Memory,
    ) -> Result<Self, FrameError> {
        let mut plan = Self {
            layout,
            rows: frame.num_rows(),
            time: None,
            measurement: None,
            tags: Vec::new(),
            fields: Vec::new(),
            shape_of: Vec::new(),
            shapes: Vec::new(),
            shaped: Vec::new(),
        };
        let positions = plan.place_columns(frame)?;
        plan.make_shapes(options);
        if let Some(shape) = plan.shapes.iter().flatten().next().cloned() {
            plan.shape_tags(&shape, &positions, memory);
        }
        Ok(plan)
    }

    /// Gives every column the role that the layout defines, and returns the positions of the tag
    /// columns.
    fn place_columns(&mut self, frame: &'a RecordBatch) -> Result<Vec<usize>, FrameError> {
        let layout = self.layout;
        let columns = frame.num_columns();
        let named = layout
            .tags
            .iter()
            .chain(&layout.time)
            .chain(&layout.measurement_column);
        if let Some(&position) = named.into_iter().find(|&&at| at >= columns) {
            return Err(FrameError::Position { position, columns });
        }
        let mut positions = Vec::new();
        let schema = frame.schema_ref();
        for (position, (field, array)) in schema.fields().iter().zip(frame.columns()).enumerate() {
            let name = field.name().as_str();
            let refuse = |expected| FrameError::Type {
                column: name.to_owned(),
                data_type: array.data_type().clone(),
                expected,
            };
            if layout.time == Some(position) {
                let time = Time::new(array, layout.time_unit);
                self.time = Some(time.ok_or_else(|| refuse(FrameError::TIMES))?);
                continue;
            }
            let column = Column::new(array)
                .ok_or_else(|| refuse("numbers, booleans, strings or a dictionary of these"))?;
            if layout.measurement_column == Some(position) {
                if !column.is_text() {
                    return Err(refuse("strings or a dictionary of strings"));
                }
                self.measurement = Some(column);
            } else if !layout.tags.contains(&position) {
                self.fields.push((name, column));
            } else if !layout.extra_tags.iter().any(|(extra, _)| extra == name) {
                self.tags.push((name, column));
                positions.push(position);
            }
        }
        Ok(positions)
    }

    /// Returns the measurement name of a row.
    pub(super) fn measurement(&self, row: usize) -> Option<std::borrow::Cow<'_, str>> {
        let own = self
            .measurement
            .as_ref()
            .and_then(|column| column.text(row));
        own.filter(|name| !name.is_empty())
            .or_else(|| self.layout.measurement.as_deref().map(Into::into))
    }

    fn make_shapes(&mut self, options: Options) {
        let extra = self.layout.extra_tags.iter().map(|(name, _)| name.as_str());
        let tags: Vec<&str> = self
            .tags
            .iter()
            .map(|(name, _)| *name)
            .chain(extra)
            .collect();
        let fields: Vec<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        let shape = |name: &str| Shape::new(options, name, &tags, &fields);
        let Some(column) = &self.measurement else {
            self.shapes = vec![self.layout.measurement.as_deref().and_then(shape)];
            return;
        };
        let rows = column.len();
        let mut codes = HashMap::new();
        let mut shapes = Vec::new();
        let mut shape_of = Vec::with_capacity(rows);
        for row in 0..rows {
            let name = self.measurement(row);
            let code = *codes.entry(name).or_insert_with_key(|name| {
                shapes.push(match name {
                    Some(name) if shapes.len() < MAX_SHAPES => shape(name),
                    _ => None,
                });
                u32::try_from(shapes.len() - 1).unwrap_or(u32::MAX)
            });
            shape_of.push(code);
        }
        (self.shapes, self.shape_of) = (shapes, shape_of);
    }

    fn shape_tags(&mut self, shape: &Shape, positions: &[usize], memory: &Memory) {
        for &tag in shape.tag_order() {
            let shaped = match self.tags.get(tag) {
                None => {
                    let (_, text) = &self.layout.extra_tags[tag - self.tags.len()];
                    let text = Some(text.as_str());
                    ShapedTag::Constant(Arc::new(shape.tag_values(tag, [text])))
                }
                Some((_, column)) => match &column.cells {
                    Cells::Dictionary(dictionary) if dictionary.values.len() <= MAX_VALUES => {
                        let values = memory.values(positions[tag], dictionary.values, || {
                            let column = &dictionary.column;
                            let texts: Vec<_> = (0..dictionary.values.len())
                                .map(|value| column.text(value))
                                .collect();
                            // A null is added after the values, because the code for nulls equals
                            // the number of values.
                            let texts = texts.iter().map(Option::as_deref).chain([None]);
                            shape.tag_values(tag, texts)
                        });
                        ShapedTag::Coded(values, Rc::clone(&dictionary.codes))
                    }
                    _ => ShapedTag::Text,
                },
            };
            self.shaped.push((tag, shaped));
        }
    }
}
