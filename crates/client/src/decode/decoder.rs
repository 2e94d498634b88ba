//! Defines [`Decoder`], which decodes answers in every format.

use super::error::DecodeError;
use super::event::{End, Event, Format};
use super::table::BatchLimits;
use super::{flux, influxql};

/// Decodes one answer from the server, piece by piece.
///
/// If the first column is named `time` and contains integers, this column becomes
/// `Timestamp(Nanosecond, "UTC")`, because requests use `epoch=ns`. Every time in a `MessagePack`
/// answer also becomes a `Timestamp(Nanosecond, "UTC")`. Times that are RFC 3339 text remain text.
/// Columns without times become `Int64`, `Float64`, `Boolean` or `Utf8` (or
/// [`Utf8View`](Decoder::text_views)). A column of integers beyond the range of `i64` becomes
/// `UInt64`. A column has the type `Null` as long as all its values are null. Every decoded column
/// is nullable.
///
/// JSON does not distinguish `4` from `4.0`. A column of integers therefore becomes `Float64` when
/// the first number with a decimal point or an exponent arrives. The column is not converted if the
/// conversion would change an integer of the batch. A column of signed and unsigned integers
/// becomes `UInt64` if no value is negative. If the type of a column changes in any other way, the
/// batch ends and another batch of the same series begins. If all values of a column are null in a
/// batch, the column keeps its type from the previous batch.
///
/// In the answer to a Flux query ([`Format::FluxCsv`]), annotations give the types of the columns.
/// A `long` column becomes `Int64`, `unsignedLong` becomes `UInt64`, `double` becomes `Float64`,
/// `boolean` becomes `Boolean`, and `dateTime` becomes `Timestamp(Nanosecond, "UTC")`. A column
/// with any other annotated type becomes text. If a Flux answer has no annotations, every column is
/// text. A series of a Flux answer is a group of tables with the same schema. The name of the
/// series is the name of the result, and its statement index is the number of the result. The
/// metadata of an Arrow field contains the annotations of its column as `flux::datatype`,
/// `flux::group` and `flux::default`. An empty CSV cell has the value of the annotation `#default`.
/// If this annotation gives no value, an empty cell is null. An empty cell of a text column is also
/// null, because servers write null and an empty string in the same way.
///
/// All decoded text is valid UTF-8. Invalid bytes and unpaired surrogates (`"\ud800"`) become
/// U+FFFD, as in Go.
///
/// ```
/// use aioinflux::decode::{Decoder, End, Event, Format};
///
/// # fn main() -> Result<(), aioinflux::decode::DecodeError> {
/// let mut decoder = Decoder::new(Format::Json);
/// decoder.feed(br#"{"results":[{"statement_id":0,"series":[{"name":"cpu","#)?;
/// decoder.feed(br#""columns":["time","value"],"values":[[1700000000000000000,0.5]]}]}]}"#)?;
/// decoder.finish(End::Proven)?;
/// assert!(matches!(decoder.next_event(), Some(Event::Series(header)) if header.statement == 0));
/// assert!(matches!(decoder.next_event(), Some(Event::Batch(batch)) if batch.num_rows() == 1));
/// assert_eq!(decoder.next_event(), Some(Event::StatementEnd { statement: 0 }));
/// assert_eq!(decoder.next_event(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Decoder(Inner);

#[derive(Debug)]
enum Inner {
    InfluxQl(Box<influxql::Decoder>),
    Flux(Box<flux::Decoder>),
}

impl Decoder {
    /// Returns a decoder for one answer.
    pub fn new(format: Format) -> Self {
        Self(match format {
            Format::Json => Inner::InfluxQl(Box::new(influxql::Decoder::json())),
            Format::Msgpack => Inner::InfluxQl(Box::new(influxql::Decoder::msgpack())),
            Format::FluxCsv => Inner::Flux(Box::new(flux::Decoder::new(BatchLimits::STREAMED))),
        })
    }

    /// Sets the maximum number of rows in a batch. Default: 8192.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.limits().rows = rows.max(1);
        self
    }

    /// Makes batches as large as possible, for an answer that is collected as a whole. Each series
    /// becomes one batch, with two exceptions. A series is split if its rows take up more than 256
    /// MiB of the answer. A series is also split if the type of a column changes, unless all values
    /// of the column can be converted to one type.
    ///
    /// If two processors are available, two threads decode a piece of the body that contains more
    /// than 4 MiB of JSON or CSV rows of a series. The decoded batches do not depend on the number
    /// of threads.
    #[must_use]
    pub fn large_batches(mut self) -> Self {
        *self.limits() = BatchLimits::COLLECTED;
        self
    }

    /// Decodes text columns as `Utf8View`, which is the type that polars, `DuckDB` and `DataFusion`
    /// use internally for text. A `Utf8View` column stores strings of up to 12 bytes inline.
    #[must_use]
    pub fn text_views(mut self) -> Self {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.use_views(),
            Inner::Flux(decoder) => decoder.use_views(),
        }
        self
    }

    /// Accepts an InfluxQL answer that contains no document, because a server answers some
    /// statements with an empty body.
    #[must_use]
    pub(crate) fn may_be_empty(mut self) -> Self {
        if let Inner::InfluxQl(decoder) = &mut self.0 {
            decoder.allow_nothing();
        }
        self
    }

    /// Decodes the next piece of the body.
    ///
    /// # Errors
    /// Fails if the answer is invalid. After an error, every later call of `feed` returns the same
    /// error. Events from the parts of the answer that were complete before the error can still be
    /// taken.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.feed(piece),
            Inner::Flux(decoder) => decoder.feed(piece),
        }
    }

    /// Returns the next available event, or `None` if no event is available.
    pub fn next_event(&mut self) -> Option<Event> {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.next_event(),
            Inner::Flux(decoder) => decoder.next_event(),
        }
    }

    /// Tells the decoder that the body has ended. If the body ended too early, the complete rows
    /// before its end can still be taken.
    ///
    /// # Errors
    /// Fails if nothing proves that the body is complete ([`End::Unproven`]), if the answer is
    /// incomplete, or if [`Decoder::feed`] returned an error.
    pub fn finish(&mut self, end: End) -> Result<(), DecodeError> {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.finish(end),
            Inner::Flux(decoder) => decoder.finish(end),
        }
    }

    pub(in crate::decode) fn limits(&mut self) -> &mut BatchLimits {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.limits(),
            Inner::Flux(decoder) => decoder.limits(),
        }
    }
}
