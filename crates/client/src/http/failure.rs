//! Converts errors that occur before an answer arrives. The errors before an answer come from
//! hyper, from name look-ups, and from the system.

use std::error::Error as StdError;

use crate::config::without_user;
use crate::error::{Error, ErrorKind};
use crate::lookup;

/// Explains why no connection to the server or to a proxy was opened.
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
            "no connection through the proxy `{}`: {why}",
            without_user(proxy)
        ),
        None if in_lookup => why,
        None => format!("no connection: {why}"),
    };
    Error::new(ErrorKind::Connect, true, text)
}

/// Explains why an open connection returned no answer. If the head of an answer cannot be parsed,
/// the server would send the same head again after a retry. Therefore a request is worth a retry
/// only if its connection broke.
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
            "the head of the answer is not HTTP: {}; hint: another program listens on this port, or the \
             server repeats a NUL of the request",
            root_cause(error)
        )
    };
    Error::new(ErrorKind::Decode, false, text)
}

/// hyper's error text for a head that exceeds its limits. hyper offers a method for the check of
/// this error only to servers, so the error's text is compared.
const TOO_LARGE: &str = "message head is too large";

/// Returns the text of the innermost cause of an error, because the outer errors only say "error
/// sending request" and the like.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    root(error).to_string()
}

fn root<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    chain(error).last().unwrap_or(error)
}

/// Iterates over an error and its causes, from the outermost error to the innermost cause.
pub(super) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
