//! Defines [`Decoder`], which decodes answers in every format.

use super::error::DecodeError;
use super::event::{End, Event, Format};
use super::table::BatchLimits;
use super::{flux, influxql};

/// Decodes one answer piece by piece.
///
/// If the first column is named `time` and contains integers, this column becomes
/// `Timestamp(Nanosecond, "UTC")` (requests use `epoch=ns`). Every time in a `MessagePack` answer
/// becomes such a timestamp, too. Times that are RFC 3339 text remain text. Other columns become
/// `Int64`, `UInt64` (if values exceed the range of `i64`), `Float64`, `Boolean`, `Utf8` (or
/// [`Utf8View`](Decoder::text_views)), or `Null` as long as all values are null. Every column is
/// nullable.
///
/// JSON does not distinguish `4` from `4.0`: a column of integers becomes `Float64` at the first
/// number with a decimal point or an exponent, provided that the conversion changes no integer of
/// the batch. Signed and unsigned integers share a `UInt64` column if no value is negative. Every
/// other change of type ends the batch and begins another batch of the same series. A column whose
/// values are all null in a batch keeps its type from the previous batch.
///
/// In the answer of a Flux query ([`Format::FluxCsv`]) the annotations give the types: `long` becomes
/// `Int64`, `unsignedLong` `UInt64`, `double` `Float64`, `boolean` `Boolean`, `dateTime` `Timestamp(Nanosecond, "UTC")`
/// and everything else text. Without annotations every column is text. A series is a group of tables
/// with the same schema; its name is the name of the result, and its statement is the number of the
/// result. The metadata of a field holds the annotations: `flux::datatype`, `flux::group` and
/// `flux::default`. An empty cell has the value of the annotation `#default`. Without such a value
/// it is null, also in a column of text, because servers write an empty text in the same way.
///
/// Text is returned as valid UTF-8: invalid bytes and unpaired surrogates (`"\ud800"`) become
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
    /// becomes one batch, unless its rows take up more than 256 MiB of the answer, or a column
    /// changes type in a way that is not a promotion.
    ///
    /// If one piece of the body contains more than 4 MiB of JSON or CSV rows of a series, and two
    /// processors are available, two threads decode these rows. The number of threads does not
    /// change the result.
    #[must_use]
    pub fn large_batches(mut self) -> Self {
        *self.limits() = BatchLimits::COLLECTED;
        self
    }

    /// Decodes text columns as `Utf8View`, the type that polars, `DuckDB` and `DataFusion` use
    /// internally for text. A `Utf8View` column stores strings of up to 12 bytes inline.
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

    /// Reads the next piece of the body.
    ///
    /// # Errors
    /// Fails if the answer is invalid. After an error, every later call returns the same error.
    /// Events from the complete parts of the answer before the error can still be taken.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.feed(piece),
            Inner::Flux(decoder) => decoder.feed(piece),
        }
    }

    /// Returns the next available event.
    pub fn next_event(&mut self) -> Option<Event> {
        match &mut self.0 {
            Inner::InfluxQl(decoder) => decoder.next_event(),
            Inner::Flux(decoder) => decoder.next_event(),
        }
    }

    /// Ends the answer. Complete rows before an early end can still be taken.
    ///
    /// # Errors
    /// Fails if the end is not proven, if the answer is incomplete, or if [`Decoder::feed`]
    /// returned an error.
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
