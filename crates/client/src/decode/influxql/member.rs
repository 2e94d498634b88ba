//! Reads the small values of an answer (names, tags, columns, messages and `partial` marks) in the
//! same way for every format.

use crate::decode::error::Fault;
use crate::decode::influxql::assemble::Assembly;
use crate::decode::influxql::shape::{Key, Level};

/// A value in JSON or `MessagePack` that has arrived completely.
pub(in crate::decode) trait Value: Sized {
    fn is_null(&self) -> bool;
    fn boolean(&mut self) -> Result<bool, Fault>;
    fn statement_id(&mut self) -> Result<u32, Fault>;
    fn text(&mut self) -> Result<String, Fault>;
    /// Reads this value as an array. Calls `item` to read each item.
    fn array(&mut self, item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault>;
    /// Reads this value as an object. Calls `member` with each key, and `member` then reads the
    /// value of that key.
    fn object(
        &mut self,
        member: impl FnMut(&mut Self, String) -> Result<(), Fault>,
    ) -> Result<(), Fault>;
    fn skip(&mut self) -> Result<(), Fault>;
}

/// Reads the value of an object key, and passes the value to the [`Assembly`]. `level` is the kind
/// of object.
pub(in crate::decode) fn read_member(
    level: Level,
    key: Key,
    value: &mut impl Value,
    out: &mut Assembly,
) -> Result<(), Fault> {
    if value.is_null() && key != Key::Other {
        if level == Level::Document {
            // A null under `results` or `error` is neither a result nor an error, so its key is
            // treated like an unknown key.
            out.unknown_in_document();
        }
        return Ok(());
    }
    match key {
        Key::Error if level == Level::Document => out.document_error(value.text()?),
        Key::Error => out.result_error(value.text()?),
        Key::StatementId => out.statement_id(value.statement_id()?)?,
        Key::Partial if level == Level::Result => out.result_partial(value.boolean()?),
        Key::Partial => out.series_partial(value.boolean()?),
        Key::Messages => messages(value, out)?,
        Key::Name => out.name(value.text()?)?,
        Key::Tags => out.tags(tags(value)?)?,
        Key::Columns => out.columns(columns(value)?)?,
        // The parser itself reads the arrays under these keys, so this value is not an array.
        // Reading the value as an array therefore returns the right error.
        Key::Results | Key::Series | Key::Values => value.array(|_| Ok(()))?,
        Key::Other => {
            if level == Level::Document {
                out.unknown_in_document();
            }
            value.skip()?;
        }
    }
    Ok(())
}

fn columns(value: &mut impl Value) -> Result<Vec<String>, Fault> {
    let mut columns = Vec::new();
    value.array(|value| {
        columns.push(value.text()?);
        Ok(())
    })?;
    Ok(columns)
}

fn tags(value: &mut impl Value) -> Result<Vec<(String, String)>, Fault> {
    let mut tags = Vec::new();
    value.object(|value, key| {
        tags.push((key, value.text()?));
        Ok(())
    })?;
    Ok(tags)
}

fn messages(value: &mut impl Value, out: &mut Assembly) -> Result<(), Fault> {
    value.array(|value| {
        let (mut level, mut text) = (String::new(), String::new());
        value.object(|value, key| {
            match key.as_str() {
                "level" => level = value.text()?,
                "text" => text = value.text()?,
                _ => value.skip()?,
            }
            Ok(())
        })?;
        out.message(level, text)
    })
}
