//! Defines the native module `aioinflux._core`, which contains only conversions between Python and
//! the engine.
//!
//! | file | knows |
//! |---|---|
//! | `config` | the options of a client, as the engine's configuration |
//! | `client` | its requests |
//! | `administration` | its requests that administer a 2.x server |
//! | `call` | how a request is awaited, waited for and given up |
//! | `engine` | the engine's clients: one for the runtime, one for each event loop |
//! | `task` | small requests, which a loop drives itself |
//! | `inbox`, `bell` | how outcomes come to an event loop, and what wakes it |
//! | `stream` | answers that are read while they arrive |
//! | `arguments` | the arguments of a write |
//! | `sink` | where points are added: the encoder, and what a call shares |
//! | `dicts` | mappings as lines |
//! | `typed` | objects of classes with a schema as lines |
//! | `frame` | tables as lines |
//! | `input`, `almost` | which of these data is, and what it is almost |
//! | `session` | one call: arguments, input and sink, batch by batch |
//! | `encode`, `whole` | all lines of a call as one object |
//! | `values`, `text`, `times`, `place` | values, texts and times, and how errors name them |
//! | `influxql`, `flux` | pieces of query text |
//! | `params` | the parameters of a query |
//! | `batch`, `batches`, `limits` | the lines as batches, and where these end |
//! | `udp` | batches as datagrams |
//! | `parse` | lines as Python's data |
//! | `out` | answers as Python's data |
//! | `errors` | errors as exceptions |
//! | `runtime` | the threads that carry the requests |
//! | `exit` | what becomes of threads when the program ends |

/// Includes the docstring of a name from the Python stub file, which documents everything that
/// users see.
macro_rules! docstring {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/docstrings/", $name))
    };
}

mod administration;
mod almost;
mod arguments;
mod batch;
mod batches;
mod bell;
mod bytes;
mod call;
mod client;
mod config;
mod dicts;
mod encode;
mod engine;
mod errors;
mod exit;
mod flux;
mod frame;
mod inbox;
mod influxql;
mod input;
mod language;
mod limits;
mod lines;
mod out;
mod params;
mod place;
mod prefetch;
mod runtime;
mod server;
mod session;
mod sink;
mod stream;
mod task;
mod text;
mod times;
mod token;
mod typed;
mod udp;
mod values;
mod whole;
mod writing;

use aioinflux::engine::huge_pages::HugePages;
use pyo3::prelude::*;

/// Huge pages are used because the columns of every answer are newly allocated. With 4 KiB pages,
/// the kernel takes as long to provide this memory as the decoder takes to fill it.
#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::administration::predicate_of_influxql;
    #[pymodule_export]
    use crate::arguments::Arguments;
    #[pymodule_export]
    use crate::batches::{Batches, Pause};
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::client::{Client, quote_identifier};
    #[pymodule_export]
    use crate::encode::{Encoded, nanoseconds, to_line_protocol};
    #[pymodule_export]
    use crate::flux::flux_literal;
    #[pymodule_export]
    use crate::influxql::{check_duration, quote_duration, quote_regex, quote_string, quote_time};
    #[pymodule_export]
    use crate::lines::parse_lines;
    #[pymodule_export]
    use crate::out::{
        Pieces, PyAnswer, Reader, RowLists, Rows, Table, parse_answer, parse_json, unpickled_rows,
        unpickled_table,
    };
    #[pymodule_export]
    use crate::runtime::{end, forked};
    #[pymodule_export]
    use crate::stream::Stream;
    #[pymodule_export]
    use crate::typed::Class;
    #[pymodule_export]
    use crate::udp::UdpSender;
    #[pymodule_export]
    use crate::writing::Writing;

    use pyo3::prelude::*;
    use pyo3::types::IntoPyDict as _;

    use super::version;
    use crate::exit;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        exit::protect_thread();
        let py = module.py();
        module.add("__version__", version())?;
        let end = module.getattr("_end")?;
        py.import("atexit")?.call_method1("register", (end,))?;
        // On systems without fork, `os` has no function `register_at_fork`.
        if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
            let hooks = [("after_in_child", module.getattr("_forked")?)].into_py_dict(py)?;
            register.call((), Some(&hooks))?;
        }
        Ok(())
    }
}

/// Returns the package version in Python's format, in which `-dev.0` becomes `.dev0` and `-alpha.1`
/// becomes `a1`.
fn version() -> String {
    let ours = [
        ("-alpha.", "a"),
        ("-beta.", "b"),
        ("-rc.", "rc"),
        ("-dev.", ".dev"),
    ];
    ours.iter().fold(
        env!("CARGO_PKG_VERSION").to_owned(),
        |text, (rust, python)| text.replace(rust, python),
    )
}
