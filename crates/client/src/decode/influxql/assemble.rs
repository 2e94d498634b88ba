//! Turns the parts of an answer into events. The JSON and `MessagePack` decoders share this code.
//!
//! An [`Assembly`] handles statements, series and `partial` marks. The assembly tracks which
//! statement a result belongs to, which chunk continues which series, and which parts of the answer
//! must still follow. The assembly receives the bytes of rows, but no other bytes of the answer.

use std::collections::VecDeque;
use std::mem;

use crate::decode::error::{DecodeErrorKind, Fault, Stop, shown};
use crate::decode::event::{Event, SeriesHeader};
use crate::decode::table::{BatchLimits, RowFormat, Table};

#[derive(Debug)]
pub(in crate::decode) struct Assembly {
    events: VecDeque<Event>,
    limits: BatchLimits,
    /// Whether text columns are decoded as `Utf8View`.
    has_views: bool,
    /// The number of complete documents so far.
    documents: u64,
    /// Whether an answer without any documents is valid.
    may_be_empty: bool,
    /// The parts of the current document that have been read.
    document: Document,
    /// The statement index of the current result, once the index is known.
    statement: Option<u32>,
    /// The statement index of the previous result.
    last: Option<u32>,
    /// The index of the statement that must continue in the next result, because the server marked
    /// the statement or one of its series as `partial`.
    open: Option<u32>,
    result_partial: bool,
    error: Option<String>,
    series: Series,
    /// The series whose rows are being read. If the series is marked as `partial`, its rows may
    /// continue in a later chunk.
    table: Option<Table>,
    /// The series that the server marked as `partial`, so that its next chunk must follow.
    cut: Option<Identity>,
}

#[derive(Debug, Default)]
struct Document {
    has_results: bool,
    has_other: bool,
    error: Option<String>,
}

/// A series whose JSON object or `MessagePack` map is being read.
#[derive(Debug, Default)]
struct Series {
    identity: Identity,
    columns: Vec<String>,
    has_columns: bool,
    has_rows: bool,
    partial: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Identity {
    name: Option<String>,
    tags: Vec<(String, String)>,
}

fn malformed(text: impl Into<String>) -> Fault {
    Fault::new(DecodeErrorKind::Malformed, text)
}

impl Assembly {
    pub(in crate::decode) fn new(limits: BatchLimits) -> Self {
        Self {
            events: VecDeque::new(),
            limits,
            has_views: false,
            documents: 0,
            may_be_empty: false,
            document: Document::default(),
            statement: None,
            last: None,
            open: None,
            result_partial: false,
            error: None,
            series: Series::default(),
            table: None,
            cut: None,
        }
    }

    pub(in crate::decode) fn limits(&mut self) -> &mut BatchLimits {
        &mut self.limits
    }

    pub(in crate::decode) fn use_views(&mut self) {
        self.has_views = true;
    }

    pub(in crate::decode) fn allow_nothing(&mut self) {
        self.may_be_empty = true;
    }

    pub(in crate::decode) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(in crate::decode) fn begin_document(&mut self) {
        self.document = Document::default();
    }

    pub(in crate::decode) fn begin_results(&mut self) {
        self.document.has_results = true;
    }

    pub(in crate::decode) fn document_error(&mut self, text: String) {
        self.document.error = Some(text);
    }

    /// Records that the document has a key that no answer from InfluxDB contains.
    pub(in crate::decode) fn unknown_in_document(&mut self) {
        self.document.has_other = true;
    }

    pub(in crate::decode) fn end_document(&mut self) -> Result<(), Fault> {
        let document = mem::take(&mut self.document);
        if let Some(text) = document.error {
            return Err(Fault::new(DecodeErrorKind::Server, text));
        }
        if document.has_other && !document.has_results {
            return Err(malformed("expected `results` or `error` in the document"));
        }
        self.documents += 1;
        Ok(())
    }

    pub(in crate::decode) fn begin_result(&mut self) {
        self.statement = None;
        self.result_partial = false;
        self.error = None;
    }

    pub(in crate::decode) fn statement_id(&mut self, id: u32) -> Result<(), Fault> {
        match self.statement {
            Some(settled) if settled != id => Err(malformed(format!(
                "expected `statement_id` before its results, {id}"
            ))),
            _ => self.settle(id),
        }
    }

    /// Returns the index of the statement that the current result belongs to. In `MessagePack`, a
    /// result with an error has no statement id. A result without an id belongs to the statement
    /// that must continue (`open`). If no statement must continue, the result belongs to the next
    /// statement.
    fn statement(&mut self) -> Result<u32, Fault> {
        if let Some(id) = self.statement {
            return Ok(id);
        }
        let next = self.last.map_or(0, |last| last.saturating_add(1));
        let id = self.open.unwrap_or(next);
        self.settle(id)?;
        Ok(id)
    }

    fn settle(&mut self, id: u32) -> Result<(), Fault> {
        if self.open.is_some_and(|open| open != id) {
            return Err(self.cut_short());
        }
        self.statement = Some(id);
        self.last = Some(id);
        Ok(())
    }

    pub(in crate::decode) fn message(&mut self, level: String, text: String) -> Result<(), Fault> {
        let statement = self.statement()?;
        self.events.push_back(Event::Message {
            statement,
            level,
            text,
        });
        Ok(())
    }

    pub(in crate::decode) fn result_partial(&mut self, partial: bool) {
        self.result_partial = partial;
    }

    pub(in crate::decode) fn result_error(&mut self, text: String) {
        self.error = Some(text);
    }

    pub(in crate::decode) fn end_result(&mut self) -> Result<(), Fault> {
        let statement = self.statement()?;
        if let Some(message) = self.error.take() {
            // An error ends its statement, even if the server announced another chunk.
            self.cut = None;
            self.open = None;
            self.events
                .push_back(Event::StatementError { statement, message });
            self.events.push_back(Event::StatementEnd { statement });
            return Ok(());
        }
        if self.result_partial || self.cut.is_some() {
            self.open = Some(statement);
        } else {
            self.open = None;
            self.events.push_back(Event::StatementEnd { statement });
        }
        Ok(())
    }

    pub(in crate::decode) fn begin_series(&mut self) -> Result<(), Fault> {
        self.statement()?;
        self.series = Series::default();
        Ok(())
    }

    pub(in crate::decode) fn name(&mut self, name: String) -> Result<(), Fault> {
        self.before_rows("name")?;
        self.series.identity.name = Some(name);
        Ok(())
    }

    /// Sets the tags of the series, sorted by key, because Go writes maps to `MessagePack` in
    /// random order.
    pub(in crate::decode) fn tags(&mut self, mut tags: Vec<(String, String)>) -> Result<(), Fault> {
        self.before_rows("tags")?;
        tags.sort();
        self.series.identity.tags = tags;
        Ok(())
    }

    pub(in crate::decode) fn columns(&mut self, columns: Vec<String>) -> Result<(), Fault> {
        self.before_rows("columns")?;
        self.series.columns = columns;
        self.series.has_columns = true;
        Ok(())
    }

    fn before_rows(&self, what: &str) -> Result<(), Fault> {
        if self.series.has_rows {
            return Err(malformed(format!("expected `{what}` before `values`")));
        }
        Ok(())
    }

    pub(in crate::decode) fn series_partial(&mut self, partial: bool) {
        self.series.partial = partial;
    }

    /// Starts the rows of a series, or of the next chunk of a series.
    pub(in crate::decode) fn begin_values(&mut self, promotes: bool) -> Result<(), Fault> {
        if !self.series.has_columns {
            return Err(malformed("expected `columns` before `values`"));
        }
        if self.series.has_rows {
            return Err(malformed("expected `values` once in a series"));
        }
        self.start_table(promotes)
    }

    fn start_table(&mut self, promotes: bool) -> Result<(), Fault> {
        if self
            .cut
            .as_ref()
            .is_some_and(|cut| *cut != self.series.identity)
        {
            return Err(self.cut_short());
        }
        self.series.has_rows = true;
        let goes_on = self.cut.take().is_some()
            && self
                .table
                .as_ref()
                .is_some_and(|table| table.names() == self.series.columns);
        if !goes_on {
            let names = mem::take(&mut self.series.columns);
            self.table = Some(Table::new(names, promotes, self.has_views));
        }
        Ok(())
    }

    /// Adds the row that starts at `at` and the complete rows that directly follow it, at most
    /// `most` rows in all. Returns the index after the last added row, and the number of added
    /// rows. If the first row cannot be added, returns the reason.
    pub(in crate::decode) fn rows<F: RowFormat>(
        &mut self,
        input: &[u8],
        at: usize,
        most: u32,
    ) -> Result<(usize, u32), Stop> {
        loop {
            let Some(table) = &mut self.table else {
                return Err(malformed("expected `columns` before a row").into());
            };
            let rows = table.add_rows::<F>(input, at, most, self.limits)?;
            if rows.is_full {
                self.flush();
            }
            if rows.count > 0 {
                return Ok((rows.end, rows.count));
            }
        }
    }

    pub(in crate::decode) fn end_series(&mut self, promotes: bool) -> Result<(), Fault> {
        if !self.series.has_rows {
            self.start_table(promotes)?;
        }
        if self
            .table
            .as_ref()
            .is_some_and(|table| table.rows() > 0 || table.is_new())
        {
            self.flush();
        }
        if self.series.partial {
            self.cut = Some(self.series.identity.clone());
        } else {
            self.table = None;
        }
        Ok(())
    }

    /// Turns the rows that have been added so far into a batch event.
    fn flush(&mut self) {
        let (Some(table), Some(statement)) = (&mut self.table, self.statement) else {
            return;
        };
        let (batch, changed) = table.take_batch();
        if changed {
            self.events.push_back(Event::Series(SeriesHeader {
                statement,
                name: self.series.identity.name.clone(),
                tags: self.series.identity.tags.clone(),
                schema: batch.schema(),
            }));
        }
        self.events.push_back(Event::Batch(batch));
    }

    /// Turns the complete rows before an error, or before an early end of the answer, into a batch
    /// event.
    pub(in crate::decode) fn salvage(&mut self) {
        if self.table.as_ref().is_some_and(|table| table.rows() > 0) {
            self.flush();
        }
    }

    /// Returns an error if a part of the answer is still missing.
    pub(in crate::decode) fn finish(&self) -> Result<(), Fault> {
        if self.open.is_some() {
            return Err(self.cut_short());
        }
        if self.documents == 0 && !self.may_be_empty {
            return Err(Fault::new(DecodeErrorKind::Incomplete, "empty answer"));
        }
        Ok(())
    }

    fn cut_short(&self) -> Fault {
        let statement = self.open.or(self.statement).unwrap_or(0);
        let text = match &self.cut {
            Some(Identity {
                name: Some(name), ..
            }) => {
                let name = shown(name);
                format!(
                    "statement {statement}: series `{name}` is partial, and the rest is missing"
                )
            }
            Some(_) => {
                format!("statement {statement}: a series is partial, and the rest is missing")
            }
            None => format!("statement {statement} is partial, and the rest is missing"),
        };
        Fault::new(DecodeErrorKind::Partial, text)
    }
}
