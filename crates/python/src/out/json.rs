//! The server's JSON as Python objects, exactly: integers stay integers, whatever their size.

use std::fmt;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde::Deserializer;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::errors;

/// The Python object of a JSON answer; the documents of a chunked one are put together to the one
/// that the server would have sent unchunked.
pub(crate) fn parse(py: Python<'_>, text: &[u8]) -> PyResult<Py<PyAny>> {
    let documents = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let mut answer: Option<Bound<'_, PyDict>> = None;
    for document in documents {
        let document = document
            .and_then(|document| from_document(py, document.get()))
            .map_err(|error| errors::damaged(py, &error.to_string()))?;
        let document = document.bind(py).cast::<PyDict>().cloned();
        let document = document.map_err(|_| errors::damaged(py, "expected an object"))?;
        match &answer {
            None => answer = Some(document),
            Some(answer) => join(answer, &document)?,
        }
    }
    Ok(answer.map_or_else(|| py.None(), |answer| answer.into_any().unbind()))
}

fn from_document(py: Python<'_>, text: &str) -> serde_json::Result<Py<PyAny>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    ToPython { py }.deserialize(&mut deserializer)
}

/// Adds the results of a chunk to those before it.
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

/// Whether a result is a further piece of the one before it. One that was whole goes on with more
/// series (`SHOW TAG KEYS` comes so), but not with an error, whose id may be wrong.
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

/// The last item, found without a walk over the others: an answer may have a series a chunk.
fn last_of<'py>(list: &Bound<'py, PyList>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let at = list.len().checked_sub(1);
    at.map(|at| list.get_item(at)).transpose()
}

fn list<'py>(dict: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<Bound<'py, PyList>>> {
    Ok(dict.get_item(key)?.and_then(|value| value.cast_into().ok()))
}

#[derive(Clone, Copy)]
struct ToPython<'py> {
    py: Python<'py>,
}

impl ToPython<'_> {
    fn object<T, E>(self, value: T) -> Result<Py<PyAny>, E>
    where
        T: for<'a> IntoPyObject<'a>,
        E: Error,
    {
        value.into_py_any(self.py).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for ToPython<'_> {
    type Value = Py<PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Py<PyAny>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ToPython<'_> {
    type Value = Py<PyAny>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.object(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.object(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.object(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.object(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any().unbind())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let list = PyList::empty(self.py);
        while let Some(item) = items.next_element_seed(self)? {
            list.append(item).map_err(A::Error::custom)?;
        }
        Ok(list.into_any().unbind())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = items.next_key_seed(self)? {
            let value = items.next_value_seed(self)?;
            dict.set_item(key, value).map_err(A::Error::custom)?;
        }
        Ok(dict.into_any().unbind())
    }
}
