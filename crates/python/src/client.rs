//! Defines the native client, which turns the arguments of its methods into calls.

use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::ledger::State;
use aioinflux::{
    Answer, Batch, Config, Consistency, Dialect, Language, OnReject, Precision, Query, ReadOptions,
    WriteOptions,
};
use bytes::Bytes;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::administration;
use crate::call::Call;
use crate::config::{Options, argument};
use crate::encode::Encoded;
use crate::engine::Engine;
use crate::errors::{self, Kept};
use crate::exit;
use crate::language::Named;
use crate::out::{PyAnswer, json};
use crate::params;
use crate::runtime;
use crate::server::Server;
use crate::stream::Stream;
use crate::token;
use crate::writing::Writing;

/// The configuration of a client, and its connections.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Client {
    options: Options,
    config: Config,
    /// The generation of the server, if the configuration determines it.
    server: Option<Dialect>,
    /// The connections of one process, with the ID of that process. Connections belong to the
    /// threads that drive them, and a fork does not copy those threads.
    engine: Mutex<Option<(u32, Engine)>>,
}

/// The minimum size in bytes of a write that does not run on the event loop, because it would block
/// the loop.
const SMALL: usize = 16 * 1024;

/// A complete answer: the server's JSON, or the decoded answer to a Flux query.
enum Whole {
    Json(Bytes),
    Flux(Answer),
}

impl Client {
    fn open(options: Options) -> PyResult<Self> {
        let config = options.config()?;
        // Creating the engine's client here reports mistakes in the configuration at once, and not
        // only at the first request.
        let client =
            aioinflux::Client::new(config.clone()).map_err(|error| errors::to_python(&error))?;
        let server = client.known_dialect();
        let engine = (runtime::process(), Engine::new(client));
        Ok(Self {
            options,
            config,
            server,
            engine: Mutex::new(Some(engine)),
        })
    }

    fn engine(&self) -> PyResult<Engine> {
        let mut slot = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let process = runtime::process();
        if let Some((_, engine)) = slot.as_ref().filter(|(owner, _)| *owner == process) {
            return Ok(engine.clone());
        }
        let client = match aioinflux::Client::new(self.config.clone()) {
            Ok(client) => client,
            Err(error) => {
                // The lock is released before the exception is created. Creating an exception runs
                // Python code, and other threads may need the lock.
                drop(slot);
                return Err(errors::to_python(&error));
            }
        };
        let engine = Engine::new(client);
        let old = slot.replace((process, engine.clone()));
        // The parent's connections must not be closed in a forked process. Dropping them would send
        // messages to threads that do not exist in this process.
        std::mem::forget(old);
        Ok(engine)
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, host, port, ssl=false, path="/", unix_socket=None, username=None,
        password=None, token=None, token_file=None, org=None, bucket_id=None, server=None, ca_file=None,
        cert_file=None, key_file=None, verify_ssl=true, timeout=None, gzip=None, proxy=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the options of the Python constructor, by name"
    )]
    fn new(
        host: String,
        port: i64,
        ssl: bool,
        path: &str,
        unix_socket: Option<String>,
        username: Option<String>,
        password: Option<String>,
        token: Option<&Bound<'_, PyAny>>,
        token_file: Option<String>,
        org: Option<String>,
        bucket_id: Option<String>,
        server: Option<Server>,
        ca_file: Option<String>,
        cert_file: Option<String>,
        key_file: Option<String>,
        verify_ssl: bool,
        timeout: Option<f64>,
        gzip: Option<bool>,
        proxy: Option<String>,
    ) -> PyResult<Self> {
        exit::protect_thread();
        Self::open(Options {
            host,
            port,
            ssl,
            path: path.to_owned(),
            unix_socket,
            username,
            password,
            auth: token::auth(token, token_file)?,
            org,
            bucket_id,
            server,
            ca_file,
            cert_file,
            key_file,
            verify_ssl,
            timeout,
            gzip,
            proxy,
        })
    }

    /// Returns whether the client uses TLS without verifying the server's certificate.
    #[getter]
    fn unverified(&self) -> PyResult<bool> {
        exit::protect_thread();
        Ok(self.engine()?.client().is_unverified())
    }

    /// Returns a client that has the same options, but connects to a different address. Only the
    /// native client still holds the password, so the native client must create the copy.
    fn moved(&self, host: String, port: i64, ssl: bool, path: &str) -> PyResult<Self> {
        exit::protect_thread();
        Self::open(Options {
            host,
            port,
            ssl,
            path: path.to_owned(),
            ..self.options.clone()
        })
    }

    /// Returns a client that has the same options, but another token.
    fn with_token(&self, token: &Bound<'_, PyAny>) -> PyResult<Self> {
        exit::protect_thread();
        Self::open(Options {
            auth: token::auth(Some(token), None)?,
            ..self.options.clone()
        })
    }

    /// Returns the generation of the server, or `None` if the server must be asked for it first
    /// (`dialect`).
    #[getter]
    fn server(&self) -> PyResult<Option<&'static str>> {
        exit::protect_thread();
        let known = match self.server {
            Some(dialect) => Some(dialect),
            None => self.engine()?.client().known_dialect(),
        };
        Ok(known.map(Server::name))
    }

    /// Asks the server for its generation.
    fn dialect(&self) -> PyResult<Call> {
        exit::protect_thread();
        Ok(Call::small(
            self.engine()?,
            |client| async move { client.dialect().await },
            |py, outcome| {
                let dialect = outcome.map_err(|error| errors::to_python(&error))?;
                Server::name(dialect).into_py_any(py)
            },
        ))
    }

    fn ping(&self) -> PyResult<Call> {
        exit::protect_thread();
        let engine = self.engine()?;
        Ok(Call::small(
            engine,
            |client| async move { client.ping().await },
            |py, outcome| {
                let pong = outcome.map_err(|error| errors::to_python(&error))?;
                let headers = PyDict::new(py);
                for (name, value) in &pong.headers {
                    headers.set_item(errors::header_name(name), value)?;
                }
                headers.into_py_any(py)
            },
        ))
    }

    /// Checks whether the client can write, and returns the generation and the version of the
    /// server.
    fn check(&self, db: Option<String>, rp: Option<String>) -> PyResult<Call> {
        exit::protect_thread();
        let options = write_options(db, rp, None, None, None)?;
        Ok(Call::small(
            self.engine()?,
            |client| async move { client.check(&options).await },
            |py, outcome| {
                let found = outcome.map_err(|error| errors::to_python(&error))?;
                (Server::name(found.dialect), found.version).into_py_any(py)
            },
        ))
    }

    #[pyo3(signature = (batch, db, rp=None, consistency=None, precision=None, on_reject=None))]
    fn write(
        &self,
        batch: &Bound<'_, Encoded>,
        db: Option<String>,
        rp: Option<String>,
        consistency: Option<&str>,
        precision: Option<&str>,
        on_reject: Option<&str>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let engine = self.engine()?;
        let batch = Arc::clone(&batch.get().batch);
        let options = write_options(db, rp, consistency, precision, on_reject)?;
        let is_small = batch.bytes().len() < SMALL;
        let request =
            |client: aioinflux::Client| async move { client.write_batch(batch, &options).await };
        let convert = |py: Python<'_>, outcome: Result<_, _>| {
            outcome.map_err(|error| errors::of_write(py, &error))?;
            true.into_py_any(py)
        };
        Ok(if is_small {
            Call::small(engine, request, convert)
        } else {
            Call::new(request(engine.client()), convert)
        })
    }

    /// Begins a write that sends many batches.
    #[pyo3(signature = (connections, db, rp=None, consistency=None, precision=None, on_reject=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of `write` in Python"
    )]
    fn write_all(
        &self,
        py: Python<'_>,
        connections: usize,
        db: Option<String>,
        rp: Option<String>,
        consistency: Option<&str>,
        precision: Option<&str>,
        on_reject: Option<&str>,
    ) -> PyResult<Writing> {
        exit::protect_thread();
        let client = self.engine()?.client();
        let options = Arc::new(write_options(db, rp, consistency, precision, on_reject)?);
        let send = move |batch: Arc<Batch>| {
            let (client, options) = (client.clone(), Arc::clone(&options));
            async move { client.write_batch(batch, &options).await }
        };
        Writing::begin(py, send, connections, State::Stored)
    }

    /// Runs a query, and returns the server's JSON as a dict. The answer to a Flux query, which is
    /// not JSON, is returned decoded.
    #[pyo3(signature = (q, db, epoch, params, rp=None, language=None))]
    fn query_json(
        &self,
        q: String,
        db: Option<String>,
        epoch: &str,
        params: Option<&Bound<'_, PyDict>>,
        rp: Option<String>,
        language: Option<Named>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let engine = self.engine()?;
        let query = query(q, db, rp, params, language)?;
        let options = ReadOptions::new().epoch(unit("epoch", epoch)?);
        Ok(Call::small(
            engine,
            |client| async move {
                if client.language(&query).await? == Language::InfluxQl {
                    let body = client.query_raw_with(&query, &options).await?;
                    return Ok(Whole::Json(body));
                }
                client.query(&query).await.map(Whole::Flux)
            },
            |py, outcome| match outcome {
                // InfluxDB 2.x answers some statements with an empty body, although it ran them.
                Ok(Whole::Json(body)) if body.is_empty() => json::parse(py, br#"{"results":[]}"#),
                Ok(Whole::Json(body)) => json::parse(py, &body),
                Ok(Whole::Flux(answer)) => PyAnswer::flux(answer).into_py_any(py),
                Err(error) => {
                    let is_decoded = error.answer().is_some();
                    let kept = if is_decoded { Kept::Flux } else { Kept::Dict };
                    Err(errors::of_query(py, &error, kept))
                }
            },
        ))
    }

    /// Runs a query, and returns the bytes of its answer.
    #[pyo3(signature = (q, db, epoch, params, rp=None, language=None))]
    fn query_raw(
        &self,
        q: String,
        db: Option<String>,
        epoch: &str,
        params: Option<&Bound<'_, PyDict>>,
        rp: Option<String>,
        language: Option<Named>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let engine = self.engine()?;
        let query = query(q, db, rp, params, language)?;
        let options = ReadOptions::new().epoch(unit("epoch", epoch)?);
        Ok(Call::small(
            engine,
            |client| async move { client.query_raw_with(&query, &options).await },
            |py, outcome| {
                let body = outcome.map_err(|error| errors::of_query(py, &error, Kept::Bytes))?;
                PyBytes::new(py, &body).into_py_any(py)
            },
        ))
    }

    #[pyo3(signature = (q, db, params, rp=None, views=false, language=None))]
    fn query(
        &self,
        q: String,
        db: Option<String>,
        params: Option<&Bound<'_, PyDict>>,
        rp: Option<String>,
        views: bool,
        language: Option<Named>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let engine = self.engine()?;
        let query = query(q, db, rp, params, language)?;
        let mut options = ReadOptions::new();
        options.text_views = views;
        Ok(Call::small(
            engine,
            |client| async move {
                let is_flux = is_flux(&client, &query).await;
                (is_flux, client.query_with(&query, &options).await)
            },
            |py, (is_flux, outcome)| {
                let kept = if is_flux { Kept::Flux } else { Kept::Answer };
                let answer = outcome.map_err(|error| errors::of_query(py, &error, kept))?;
                PyAnswer::of_language(answer, is_flux).into_py_any(py)
            },
        ))
    }

    #[pyo3(signature = (q, db, chunk_size, params, rp=None, views=false, language=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the Python function"
    )]
    fn stream(
        &self,
        q: String,
        db: Option<String>,
        chunk_size: Option<i64>,
        params: Option<&Bound<'_, PyDict>>,
        rp: Option<String>,
        views: bool,
        language: Option<Named>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let client = self.engine()?.client();
        let query = query(q, db, rp, params, language)?;
        let mut options = ReadOptions::new();
        options.text_views = views;
        if let Some(rows) = chunk_size {
            let rows = u32::try_from(rows).ok().filter(|rows| *rows > 0);
            let rows =
                rows.ok_or_else(|| argument("chunk_size", "a positive number", chunk_size))?;
            options.chunk_size = Some(rows);
        }
        Ok(Call::new(
            async move {
                let is_flux = is_flux(&client, &query).await;
                (is_flux, client.stream_with(&query, &options).await)
            },
            |py, (is_flux, outcome)| {
                let kept = if is_flux { Kept::Flux } else { Kept::Answer };
                let stream = outcome.map_err(|error| errors::of_query(py, &error, kept))?;
                Stream::new(stream, is_flux).into_py_any(py)
            },
        ))
    }

    /// Makes a call that administers a 2.x server. The arguments are JSON.
    fn administer(&self, noun: String, action: String, arguments: &str) -> PyResult<Call> {
        exit::protect_thread();
        let arguments = administration::arguments(arguments)?;
        Ok(Call::small(
            self.engine()?,
            |client| async move { administration::call(client, &noun, &action, arguments).await },
            administration::result,
        ))
    }

    /// Sends a request to an endpoint that the caller names. The body is JSON.
    #[pyo3(signature = (method, path, query, json=None))]
    fn request(
        &self,
        method: &str,
        path: &str,
        query: Vec<(String, String)>,
        json: Option<&str>,
    ) -> PyResult<Call> {
        exit::protect_thread();
        let request = administration::request(method, path, query, json)?;
        Ok(Call::small(
            self.engine()?,
            |client| async move { client.request(&request).await },
            administration::response,
        ))
    }

    /// Closes all connections of the client. The next request of the client opens new connections.
    fn close(&self) {
        exit::protect_thread();
        let mut slot = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = slot.take();
        if engine
            .as_ref()
            .is_some_and(|(owner, _)| *owner != runtime::process())
        {
            std::mem::forget(engine);
        }
    }
}

/// Whether the server reads the query as Flux. If this cannot be determined, the query itself fails
/// for the same reason.
async fn is_flux(client: &aioinflux::Client, query: &Query) -> bool {
    client
        .language(query)
        .await
        .is_ok_and(|language| language == Language::Flux)
}

fn write_options(
    db: Option<String>,
    rp: Option<String>,
    consistency: Option<&str>,
    precision: Option<&str>,
    on_reject: Option<&str>,
) -> PyResult<WriteOptions> {
    let mut options = WriteOptions::new();
    options.names.database = db;
    options.names.retention_policy = rp;
    if let Some(name) = consistency {
        let known = Consistency::from_name(name);
        let known =
            known.ok_or_else(|| argument("consistency", "any, one, quorum or all", name))?;
        options.consistency = Some(known);
    }
    options.precision = precision
        .map(|unit| self::unit("precision", unit))
        .transpose()?;
    options.on_reject = match on_reject {
        None | Some("error") => OnReject::Error,
        Some("resend") => OnReject::Resend,
        Some(other) => return Err(argument("on_reject", "error or resend", other)),
    };
    Ok(options)
}

fn unit(name: &str, unit: &str) -> PyResult<Precision> {
    Precision::from_name(unit).ok_or_else(|| argument(name, "ns, u, ms, s, m or h", unit))
}

fn query(
    q: String,
    db: Option<String>,
    rp: Option<String>,
    params: Option<&Bound<'_, PyDict>>,
    language: Option<Named>,
) -> PyResult<Query> {
    let mut query = Query::new(q);
    if let Some(Named(language)) = language {
        query = query.language(language);
    }
    if let Some(db) = db {
        query = query.database(db);
    }
    if let Some(rp) = rp {
        query = query.retention_policy(rp);
    }
    params::bind(query, params)
}

/// Quotes a name for an `InfluxQL` statement.
#[pyfunction]
pub(crate) fn quote_identifier(name: &str) -> PyResult<String> {
    exit::protect_thread();
    aioinflux::quote_identifier(name).map_err(|error| errors::to_python(&error))
}
