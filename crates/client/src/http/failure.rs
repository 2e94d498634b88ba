//! What went wrong on the way to an answer: errors of hyper, of look-ups and of the system, as ours.

use std::error::Error as StdError;

use crate::config::without_user;
use crate::error::{Error, ErrorKind};
use crate::lookup;

/// Why no connection was opened, to the server or to a proxy.
pub(super) fn no_connection(
    error: &(dyn StdError + 'static),
    in_lookup: bool,
    proxy: Option<&str>,
) -> Error {
    let root = root(error);
    let why = if in_lookup {
        lookup::failure(root)
    } else {
        root.to_string()
    };
    let text = match proxy {
        Some(proxy) => format!(
            "no connection by the proxy `{}`: {why}",
            without_user(proxy)
        ),
        None if in_lookup => why,
        None => format!("no connection: {why}"),
    };
    Error::new(ErrorKind::Connect, true, text)
}

/// Why an open connection gave no answer. A head that cannot be read comes again with the next
/// try, so that only a connection that broke is worth one.
pub(super) fn no_answer(error: &(dyn StdError + 'static)) -> Error {
    let parse = chain(error)
        .find_map(|cause| cause.downcast_ref::<hyper::Error>())
        .filter(|error| error.is_parse());
    let Some(parse) = parse else {
        return Error::transport(root_cause(error));
    };
    let text = if parse.to_string() == TOO_LARGE {
        "the head of the answer is too large (more than 400 KiB, or more than 100 headers)"
            .to_owned()
    } else {
        format!(
            "the head of the answer is not HTTP: {}; hint: another program listens there, or the \
             server repeats a NUL of the request",
            root_cause(error)
        )
    };
    Error::new(ErrorKind::Decode, false, text)
}

/// What hyper calls a head above its limits; the method that asks for it is for servers only.
const TOO_LARGE: &str = "message head is too large";

/// The text of the innermost cause: the outer ones say "error sending request" and the like.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    root(error).to_string()
}

fn root<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    chain(error).last().unwrap_or(error)
}

/// The error and its causes, from the outermost to the innermost.
pub(super) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
