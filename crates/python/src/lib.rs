//! The native module `aioinflux._core`: conversions between Python and the engine, nothing else.
//!
//! | file | knows |
//! |---|---|
//! | `client` | the options of a client, and its requests |
//! | `call` | how a request is awaited, waited for and given up |
//! | `stream` | answers that are read while they arrive |
//! | `to_line`, `frame`, `values`, `times`, `place` | Python's data as lines |
//! | `to_py`, `json` | answers as Python's data |
//! | `errors` | errors as exceptions |
//! | `runtime` | the threads that carry the requests |

mod call;
mod client;
mod errors;
mod frame;
mod json;
mod place;
mod runtime;
mod stream;
mod times;
mod to_line;
mod to_py;
mod values;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::client::{Client, quote_identifier};
    #[pymodule_export]
    use crate::runtime::end;
    #[pymodule_export]
    use crate::stream::Stream;
    #[pymodule_export]
    use crate::to_line::{Encoded, encode};
    #[pymodule_export]
    use crate::to_py::PyAnswer;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let end = module.getattr("_end")?;
        module
            .py()
            .import("atexit")?
            .call_method1("register", (end,))?;
        Ok(())
    }
}
