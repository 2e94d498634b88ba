//! Reads the token of a client from the arguments of the Python constructor.

use std::sync::Arc;
use std::thread;

use aioinflux::Auth;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::exit;
use crate::place::type_name;

/// Returns the credentials for the arguments `token` and `token_file`, of which at most one is set.
pub(crate) fn auth(token: Option<&Bound<'_, PyAny>>, file: Option<String>) -> PyResult<Auth> {
    match (token, file) {
        (None, None) => Ok(Auth::None),
        (None, Some(path)) => Ok(Auth::token_file(path)),
        (Some(token), None) => of_token(token),
        (Some(_), Some(_)) => Err(PyValueError::new_err(
            "arguments `token` and `token_file`: pass only one",
        )),
    }
}

fn of_token(token: &Bound<'_, PyAny>) -> PyResult<Auth> {
    if let Ok(text) = token.cast::<PyString>() {
        return Ok(match text.to_str()? {
            "" => Auth::None,
            text => Auth::token(text),
        });
    }
    if !token.is_callable() {
        return Err(PyTypeError::new_err(format!(
            "argument `token`: expected str or a function that returns one, got `{}`",
            type_name(token)
        )));
    }
    let function = Function(token.clone().unbind());
    // The function runs on a thread of its own, because it may use a client: the engine calls it on
    // a thread that already drives requests.
    let function = Arc::new(function);
    Ok(Auth::token_from(move || {
        let function = Arc::clone(&function);
        let call = move || {
            exit::protect_thread();
            function.call()
        };
        let thread = thread::Builder::new().name("aioinflux-token".to_owned());
        let wait = || match thread.spawn(call) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err("it panicked".to_owned())),
            Err(error) => Err(error.to_string()),
        };
        // The thread needs the GIL, which this thread holds if an event loop drives the request.
        Python::try_attach(|py| py.detach(wait))
            .unwrap_or_else(|| Err("the interpreter has ended".to_owned()))
    }))
}

/// A function of the user that returns the token.
struct Function(Py<PyAny>);

impl Function {
    fn call(&self) -> Result<String, String> {
        let told = Python::try_attach(|py| {
            let result = self.0.bind(py).call0()?;
            result.extract::<String>().map_err(|_| {
                let got = type_name(&result);
                PyTypeError::new_err(format!("the function returned `{got}`, not a str"))
            })
        });
        match told {
            Some(told) => told.map_err(|error| error.to_string()),
            None => Err("the interpreter has ended".to_owned()),
        }
    }
}

impl Drop for Function {
    /// `protect_thread` is called because this may be the last reference to an object of the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}
