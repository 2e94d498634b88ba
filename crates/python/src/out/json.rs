//! Converts the server's JSON to exact Python objects: integers of any size remain integers.

use std::fmt;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyList};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::cells::integer;
use super::collector::HeldOff;
use super::texts::Texts;
use crate::errors;

/// The number of bytes that are read before other threads may run and signals are checked.
const BYTES_AT_A_TIME: usize = 8 << 20;

/// Returns the Python object for an answer in JSON. If the answer is chunked, its documents are
/// joined into the document that the server would have sent without chunks.
pub(crate) fn parse(py: Python<'_>, text: &[u8]) -> PyResult<Py<PyAny>> {
    let mut documents = Documents::new(py, text);
    let mut answer: Option<Bound<'_, PyDict>> = None;
    let mut breaks = 0;
    while let Some(document) = documents.next()? {
        match &answer {
            None => answer = Some(document),
            Some(answer) => join(answer, &document)?,
        }
        let at = documents.at();
        if at - breaks >= BYTES_AT_A_TIME {
            breaks = at;
            py.detach(|| {});
            py.check_signals()?;
        }
    }
    Ok(answer.map_or_else(|| py.None(), |answer| answer.into_any().unbind()))
}

/// Returns the Python object for one JSON value of any kind.
pub(crate) fn value(py: Python<'_>, text: &[u8]) -> PyResult<Py<PyAny>> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let build = Build {
        py,
        texts: &mut Texts::default(),
        items: &mut Vec::new(),
    };
    let value = build.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| errors::damaged(py, &error.to_string()))?;
    Ok(value.unbind())
}

/// Iterates over the JSON documents of a chunked answer.
struct Documents<'py, 'a> {
    py: Python<'py>,
    text: &'a [u8],
    at: usize,
    texts: Texts,
    items: Vec<Bound<'py, PyAny>>,
}

impl<'py, 'a> Documents<'py, 'a> {
    fn new(py: Python<'py>, text: &'a [u8]) -> Self {
        Self {
            py,
            text,
            at: 0,
            texts: Texts::default(),
            items: Vec::new(),
        }
    }

    /// Returns the position at which the next JSON document starts, or at which the text ends.
    fn at(&self) -> usize {
        self.at
    }

    fn next(&mut self) -> PyResult<Option<Bound<'py, PyDict>>> {
        let rest = &self.text[self.at..];
        let Some(skipped) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            return Ok(None);
        };
        let damaged = |text: &str| errors::damaged(self.py, text);
        let _held_off = HeldOff::new(self.py)?;
        let mut deserializer = serde_json::Deserializer::from_slice(&rest[skipped..]);
        let build = Build {
            py: self.py,
            texts: &mut self.texts,
            items: &mut self.items,
        };
        let document = build
            .deserialize(&mut deserializer)
            .map_err(|error| damaged(&error.to_string()))?;
        let document = document.cast_into::<PyDict>();
        let document = document.map_err(|_| damaged("expected an object"))?;
        self.at += skipped + deserializer.into_iter::<IgnoredAny>().byte_offset();
        Ok(Some(document))
    }
}

/// Adds the results in a chunk to the results of the earlier chunks.
fn join(answer: &Bound<'_, PyDict>, chunk: &Bound<'_, PyDict>) -> PyResult<()> {
    let (Some(results), Some(more)) = (list(answer, "results")?, list(chunk, "results")?) else {
        return answer.update(chunk.as_mapping());
    };
    for result in more {
        let result = result.cast_into::<PyDict>()?;
        let last = last_of(&results)?;
        match last {
            Some(last) if goes_on(last.cast()?, &result)? => join_result(last.cast()?, &result)?,
            _ => results.append(result)?,
        }
    }
    Ok(())
}

/// Returns whether a result continues the result before it. If the previous result is complete,
/// more series may continue it, as for `SHOW TAG KEYS`. An error may not continue it, because the
/// error's statement ID may be wrong.
fn goes_on(last: &Bound<'_, PyDict>, result: &Bound<'_, PyDict>) -> PyResult<bool> {
    let same = match (
        last.get_item("statement_id")?,
        result.get_item("statement_id")?,
    ) {
        (Some(last), Some(next)) => last.eq(next)?,
        _ => false,
    };
    let open = last.contains("partial")? || ends_open(last)?;
    Ok(same && (open || (!result.contains("error")? && last.contains("series")?)))
}

fn ends_open(result: &Bound<'_, PyDict>) -> PyResult<bool> {
    let last = match list(result, "series")? {
        Some(series) => last_of(&series)?,
        None => None,
    };
    last.map_or(Ok(false), |last| last.cast::<PyDict>()?.contains("partial"))
}

fn join_result(last: &Bound<'_, PyDict>, result: &Bound<'_, PyDict>) -> PyResult<()> {
    if last.contains("partial")? {
        last.del_item("partial")?;
    }
    for (key, value) in result {
        match (list(last, "series")?, key.eq("series")?) {
            (Some(series), true) => join_series(&series, value.cast()?)?,
            _ => last.set_item(key, value)?,
        }
    }
    Ok(())
}

fn join_series(series: &Bound<'_, PyList>, more: &Bound<'_, PyList>) -> PyResult<()> {
    for next in more {
        let next = next.cast_into::<PyDict>()?;
        let last = last_of(series)?;
        let last = last
            .as_ref()
            .map(|last| last.cast::<PyDict>())
            .transpose()?;
        let Some(last) = last.filter(|last| last.contains("partial").unwrap_or(false)) else {
            series.append(next)?;
            continue;
        };
        last.del_item("partial")?;
        if let (Some(rows), Some(new)) = (list(last, "values")?, list(&next, "values")?) {
            rows.call_method1("extend", (new,))?;
        }
        if next.contains("partial")? {
            last.set_item("partial", true)?;
        }
    }
    Ok(())
}

/// Returns the last item of a list. The other items are not iterated over, because an answer may
/// have one series in each chunk.
fn last_of<'py>(list: &Bound<'py, PyList>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let at = list.len().checked_sub(1);
    at.map(|at| list.get_item(at)).transpose()
}

fn list<'py>(dict: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<Bound<'py, PyList>>> {
    Ok(dict.get_item(key)?.and_then(|value| value.cast_into().ok()))
}

/// Creates the Python objects for a JSON value and for all values inside it.
struct Build<'py, 'a> {
    py: Python<'py>,
    texts: &'a mut Texts,
    /// The items of all lists that are still being read. The items of the innermost list come last.
    items: &'a mut Vec<Bound<'py, PyAny>>,
}

impl<'py> Build<'py, '_> {
    fn inner(&mut self) -> Build<'py, '_> {
        Build {
            py: self.py,
            texts: self.texts,
            items: self.items,
        }
    }
}

impl<'de, 'py> DeserializeSeed<'de> for Build<'py, '_> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Build<'py, '_> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(integer(self.py, value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(integer(self.py, value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.texts.object(self.py, value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        let start = self.items.len();
        while let Some(item) = items.next_element_seed(self.inner())? {
            self.items.push(item);
        }
        let list = PyList::new(self.py, self.items.drain(start..)).map_err(A::Error::custom)?;
        Ok(list.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = items.next_key_seed(self.inner())? {
            let value = items.next_value_seed(self.inner())?;
            dict.set_item(key, value).map_err(A::Error::custom)?;
        }
        Ok(dict.into_any())
    }
}
