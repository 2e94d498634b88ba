//! Defines a series as an Arrow table, and as an iterable of rows.

use std::collections::HashMap;
use std::sync::Arc;

use aioinflux::Series;
use arrow_array::cast::AsArray;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, RecordBatch, RecordBatchIterator, RecordBatchOptions,
    StringArray, StringViewArray,
};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyString};

use super::columns::Column;
use super::pickled::{self, Reduced};
use super::rows::{RowLists, Shape};
use super::sequence::{Wanted, chained, length, only, reversed, slices, wanted};
use super::{column_names, free_labels, shown, tags_dict};
use crate::exit;

/// All values of each tag in an answer, in order of appearance. Every series of the answer has the
/// same categories.
pub(super) type Categories = HashMap<String, Vec<String>>;

pub(super) fn categories<'a>(all: impl Iterator<Item = &'a Series>) -> Categories {
    let mut categories = Categories::new();
    for (key, value) in all.flat_map(|series| &series.tags) {
        let values = categories.entry(key.clone()).or_default();
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    categories
}

#[doc = docstring!("Table")]
#[pyclass(module = "aioinflux", frozen)]
pub(crate) struct Table {
    name: Option<String>,
    tags: Vec<(String, String)>,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// Returns the number of the table's columns, not counting the tags of GROUP BY.
    fn width(&self) -> usize {
        self.schema.fields().len() - self.tags.len()
    }

    /// Creates a table that has no name and no tags.
    pub(super) fn plain(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self {
            name: None,
            tags: Vec::new(),
            schema,
            batches,
        }
    }

    /// Creates the Arrow table of a series. If `categories` is set, the tag columns become
    /// dictionaries; otherwise they become plain strings.
    pub(super) fn new(series: Series, categories: Option<&Categories>) -> PyResult<Self> {
        let (schema, batches) = series.unified().map_err(|mixed| {
            let series = series.name.as_deref().unwrap_or_default();
            PyValueError::new_err(format!("series `{series}`, {mixed}"))
        })?;
        let Series { name, tags, .. } = series;
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let labels = free_labels(names.chain(tags.iter().map(|(key, _)| key.as_str())));
        let tag_columns: Vec<Tag> = tags
            .iter()
            .map(|(key, value)| Tag::new(value, categories.and_then(|all| all.get(key))))
            .collect();
        let kinds = schema
            .fields()
            .iter()
            .map(|field| field.data_type().clone());
        let kinds = kinds.chain(tag_columns.iter().map(Tag::data_type));
        let fields = labels.iter().zip(kinds).enumerate();
        let fields: Vec<FieldRef> = fields
            .map(|(at, (label, kind))| {
                let own = schema.fields().get(at);
                let metadata = own.map(|own| own.metadata().clone()).unwrap_or_default();
                Arc::new(Field::new(label, kind, true).with_metadata(metadata))
            })
            .collect();
        let label = if is_of_flux(&schema) {
            "result"
        } else {
            "measurement"
        };
        let metadata = name.iter().map(|name| (label.to_owned(), name.clone()));
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata.collect()));
        let batches = batches
            .into_iter()
            .map(|batch| with_tags(batch, &schema, &tag_columns))
            .collect();
        Ok(Self {
            name,
            tags,
            schema,
            batches,
        })
    }

    /// Converts all string columns of the table, including the tags, to string views. Polars would
    /// create the same views, but without huge pages.
    pub(super) fn with_views(self) -> Self {
        let fields = self
            .schema
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8 => {
                    Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View))
                }
                _ => Arc::clone(field),
            });
        let fields: Vec<FieldRef> = fields.collect();
        let metadata = self.schema.metadata().clone();
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        let batches = self.batches.iter().map(|batch| {
            let columns = batch.columns().iter().map(as_views).collect();
            batch_of(&schema, columns, batch.num_rows())
        });
        let batches = batches.collect();
        Self {
            schema,
            batches,
            ..self
        }
    }
}

impl Table {
    /// Returns the categories of those tags that the table stores as dictionaries.
    fn categories(&self) -> Categories {
        let columns = self.batches.first().map(RecordBatch::columns);
        let columns = columns.and_then(|columns| columns.get(self.width()..));
        let tags = self.tags.iter().zip(columns.unwrap_or_default());
        let texts = |column: &ArrayRef| {
            let values = column.as_dictionary_opt::<Int32Type>()?.values();
            let values = values.as_string::<i32>().iter().flatten();
            Some(values.map(str::to_owned).collect())
        };
        tags.filter_map(|((key, _), column)| Some((key.clone(), texts(column)?)))
            .collect()
    }
}

/// Returns whether a schema comes from a Flux answer. The columns of an InfluxQL answer have no
/// metadata.
fn is_of_flux(schema: &Schema) -> bool {
    let mut fields = schema.fields().iter();
    fields.any(|field| !field.metadata().is_empty())
}

/// Converts an array of strings to string views. An array of any other type is returned unchanged.
fn as_views(array: &ArrayRef) -> ArrayRef {
    match array.as_string_opt::<i32>() {
        Some(texts) => Arc::new(StringViewArray::from(texts)),
        None => Arc::clone(array),
    }
}

/// A tag of a series, whose value is the same in all rows.
struct Tag {
    value: String,
    /// The position of the tag's value among the tag's categories, and the categories themselves.
    category: Option<(i32, ArrayRef)>,
}

impl Tag {
    fn new(value: &str, categories: Option<&Vec<String>>) -> Self {
        let category = categories.and_then(|all| {
            let code = all.iter().position(|one| one == value)?;
            let values: ArrayRef = Arc::new(StringArray::from_iter_values(all));
            Some((i32::try_from(code).ok()?, values))
        });
        Self {
            value: value.to_owned(),
            category,
        }
    }

    fn data_type(&self) -> DataType {
        match self.category {
            Some(_) => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            None => DataType::Utf8,
        }
    }

    fn array(&self, rows: usize) -> ArrayRef {
        match &self.category {
            Some((code, values)) => {
                let codes = Int32Array::from(vec![*code; rows]);
                Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::clone(values)))
            }
            None => Arc::new(StringArray::new_repeated(&self.value, rows)),
        }
    }
}

fn with_tags(batch: RecordBatch, schema: &SchemaRef, tags: &[Tag]) -> RecordBatch {
    let (_, mut columns, rows) = batch.into_parts();
    columns.extend(tags.iter().map(|tag| tag.array(rows)));
    batch_of(schema, columns, rows)
}

fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .expect("the schema is made of the same columns")
}

impl Table {
    /// Returns the measurement that all rows of the table have, if the table has one. The name of a
    /// Flux table is that of its result.
    pub(crate) fn measurement(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| !is_of_flux(&self.schema))
    }

    /// Returns the names and types of the table's columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[pymethods]
impl Table {
    #[doc = docstring!("Table.name")]
    #[getter]
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    #[doc = docstring!("Table.tags")]
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        exit::protect_thread();
        tags_dict(py, &self.tags)
    }

    #[doc = docstring!("Table.columns")]
    #[getter]
    fn columns(&self) -> Vec<&str> {
        exit::protect_thread();
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().as_str()).collect()
    }

    #[doc = docstring!("Table.types")]
    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        exit::protect_thread();
        let types = PyDict::new(py);
        for field in self.schema.fields() {
            types.set_item(field.name(), field.data_type().to_string())?;
        }
        Ok(types)
    }

    fn __len__(&self) -> usize {
        length(&self.batches)
    }

    /// For an index, returns a row as a tuple. For a slice, returns a new table that shares this
    /// table's memory.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        match wanted(index, &self.batches)? {
            Wanted::Row(at) => only(py, self.some_rows(py, at, at + 1)?),
            Wanted::Rows(batches) => {
                let part = Self {
                    name: self.name.clone(),
                    tags: self.tags.clone(),
                    schema: Arc::clone(&self.schema),
                    batches,
                };
                part.into_bound_py_any(py)
            }
        }
    }

    /// Iterates over the rows of the table as tuples.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        chained(py, self.some_rows(py, 0, self.__len__())?)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        exit::protect_thread();
        let columns: Vec<String> = self.columns().iter().map(|&name| name.to_owned()).collect();
        let (columns, _) = columns.split_at(self.width());
        let name = self.name.as_deref();
        let state = pickled::state(py, name, &self.tags, columns, &self.batches)?;
        let metadata = if is_of_flux(&self.schema) {
            let fields = self.schema.fields().iter();
            fields.map(|field| field.metadata().clone()).collect()
        } else {
            Vec::new()
        };
        let arguments = (state, self.categories(), metadata).into_pyobject(py)?;
        Ok((py.import("aioinflux._core")?.getattr("_table")?, arguments))
    }

    /// Iterates over the rows of the table in reverse order.
    fn __reversed__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        reversed(slf)
    }

    /// Returns the table itself, because a table is immutable.
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Returns the table itself, because a table is immutable.
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        exit::protect_thread();
        slf
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::call(slf, "_show", "text")
    }

    #[pyo3(name = "_repr_html_")]
    fn html<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::call(slf, "_show", "html")
    }

    #[doc = docstring!("Table.plot")]
    #[pyo3(signature = (columns=None, ax=None, **kwargs))]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        columns: Option<&Bound<'py, PyAny>>,
        ax: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::plot(slf, columns, ax, kwargs)
    }

    /// Returns the kind of each column, which is either a type of the server or `tag`.
    #[getter(_kinds)]
    fn kinds(&self) -> Vec<&'static str> {
        exit::protect_thread();
        shown::kinds(&self.batches, self.width(), self.tags.len())
    }

    /// Returns the number of nanoseconds in the unit of the table's times.
    #[getter(_unit)]
    #[expect(clippy::unused_self, reason = "Rows has it too, and there it differs")]
    fn unit(&self) -> i64 {
        1
    }

    /// Returns the rows from `start` to `end` as tuples.
    #[pyo3(name = "_rows")]
    fn some_rows(&self, py: Python<'_>, start: usize, end: usize) -> PyResult<RowLists> {
        exit::protect_thread();
        shown::rows(py, &self.batches, start..end, self.width(), 1, &self.tags)
    }

    /// Returns a column of the table in numpy's format.
    #[pyo3(name = "_column")]
    fn column(&self, py: Python<'_>, position: usize) -> PyResult<Column> {
        exit::protect_thread();
        shown::column(py, &self.batches, position)
    }

    /// Exports the table's schema through the Arrow `PyCapsule` interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        exit::protect_thread();
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref())
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// Exports the table's rows through the Arrow `PyCapsule` interface. A schema that the consumer
    /// requests is ignored, as the interface permits.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        exit::protect_thread();
        let _ = requested_schema;
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

#[doc = docstring!("Rows")]
#[pyclass(module = "aioinflux", frozen)]
pub(crate) struct Rows {
    name: Option<String>,
    tags: Vec<(String, String)>,
    labels: Vec<String>,
    batches: Vec<RecordBatch>,
    /// The number of nanoseconds in the unit of the stored times. When rows are created, the stored
    /// times are divided by `divisor`.
    unit: i64,
    divisor: i64,
    dicts: bool,
}

impl Rows {
    /// Creates the rows of a series whose stored times have the unit `unit`. The times in the rows
    /// are divided by `divisor`.
    pub(super) fn new(series: Series, unit: i64, divisor: i64, dicts: bool) -> Self {
        let schema = series.batches.first().map(RecordBatch::schema);
        let fields = schema.iter().flat_map(|schema| schema.fields());
        let names = fields.map(|field| field.name().as_str());
        let tags = series.tags.iter().map(|(key, _)| key.as_str());
        Self {
            labels: free_labels(names.chain(tags)),
            name: series.name,
            tags: series.tags,
            batches: series.batches,
            unit,
            divisor,
            dicts,
        }
    }
}

impl Rows {
    /// Returns the number of columns in the series, not counting the tags of GROUP BY.
    fn width(&self) -> usize {
        self.labels.len() - self.tags.len()
    }
}

#[pymethods]
impl Rows {
    #[doc = docstring!("Rows.name")]
    #[getter]
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    #[doc = docstring!("Rows.tags")]
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        exit::protect_thread();
        tags_dict(py, &self.tags)
    }

    #[doc = docstring!("Rows.columns")]
    #[getter]
    fn columns(&self) -> Vec<String> {
        exit::protect_thread();
        self.labels.clone()
    }

    fn __len__(&self) -> usize {
        length(&self.batches)
    }

    /// For an index, returns one row of the series. For a slice, returns a new `Rows` object that
    /// shares this object's memory.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        match wanted(index, &self.batches)? {
            Wanted::Row(at) => {
                let batch = slices(&self.batches, at..at + 1);
                only(py, self.lists_of(py, batch)?)
            }
            Wanted::Rows(batches) => {
                let part = Self {
                    name: self.name.clone(),
                    tags: self.tags.clone(),
                    labels: self.labels.clone(),
                    batches,
                    ..*self
                };
                part.into_bound_py_any(py)
            }
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        exit::protect_thread();
        let name = self.name.as_deref();
        let first = self.batches.first().map(RecordBatch::schema);
        let columns = first.as_ref().map(column_names).unwrap_or_default();
        let state = pickled::state(py, name, &self.tags, &columns, &self.batches)?;
        let arguments = (state, self.unit, self.divisor, self.dicts).into_pyobject(py)?;
        Ok((py.import("aioinflux._core")?.getattr("_rows")?, arguments))
    }

    /// Iterates over the rows of the series in reverse order.
    fn __reversed__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        reversed(slf)
    }

    /// Returns the `Rows` object itself, because it is immutable.
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Returns the `Rows` object itself, because it is immutable.
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        exit::protect_thread();
        slf
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::call(slf, "_show", "text")
    }

    #[pyo3(name = "_repr_html_")]
    fn html<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::call(slf, "_show", "html")
    }

    #[doc = docstring!("Rows.plot")]
    #[pyo3(signature = (columns=None, ax=None, **kwargs))]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        columns: Option<&Bound<'py, PyAny>>,
        ax: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        shown::plot(slf, columns, ax, kwargs)
    }

    /// Returns the kind of each column, which is either a type of the server or `tag`.
    #[getter(_kinds)]
    fn kinds(&self) -> Vec<&'static str> {
        exit::protect_thread();
        shown::kinds(&self.batches, self.width(), self.tags.len())
    }

    /// Returns the number of nanoseconds in the unit of the times that `_column` returns.
    #[getter(_unit)]
    fn unit(&self) -> i64 {
        self.unit
    }

    /// Returns the rows from `start` to `end` as tuples. Their times stay in the stored unit: they
    /// are not divided by `divisor`.
    #[pyo3(name = "_rows")]
    fn some_rows(&self, py: Python<'_>, start: usize, end: usize) -> PyResult<RowLists> {
        exit::protect_thread();
        shown::rows(py, &self.batches, start..end, self.width(), 1, &self.tags)
    }

    /// Returns a column of the series in numpy's format.
    #[pyo3(name = "_column")]
    fn column(&self, py: Python<'_>, position: usize) -> PyResult<Column> {
        exit::protect_thread();
        shown::column(py, &self.batches, position)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        exit::protect_thread();
        chained(py, self.lists(py)?)
    }

    /// Returns an iterator over lists of rows.
    #[pyo3(name = "_lists")]
    fn lists(&self, py: Python<'_>) -> PyResult<RowLists> {
        exit::protect_thread();
        self.lists_of(py, self.batches.clone())
    }
}

impl Rows {
    fn lists_of(&self, py: Python<'_>, batches: Vec<RecordBatch>) -> PyResult<RowLists> {
        let tags = self.tags.iter();
        let tags: Vec<_> = tags
            .map(|(_, value)| PyString::new(py, value).unbind())
            .collect();
        let shape = if self.dicts {
            Shape::dicts(py, &self.labels, &tags)?
        } else {
            Shape::Tuples
        };
        Ok(RowLists::new(batches, self.divisor, shape, tags))
    }
}
