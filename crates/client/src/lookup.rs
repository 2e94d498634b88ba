//! Explains failed host name look-ups.

use std::error::Error as StdError;
use std::io;

/// Returns the reason why a host name look-up failed, derived from its innermost error.
///
/// A host name look-up needs file descriptors. If no file descriptors are left, a resolver either
/// returns the system's error, or reports every name as unknown.
pub(crate) fn failure(cause: &(dyn StdError + 'static)) -> String {
    let system = cause.downcast_ref::<io::Error>();
    if system.is_some_and(|error| error.raw_os_error().is_some()) {
        return format!("no connection: {cause}");
    }
    match io::pipe() {
        Ok(_) => format!("no such host: {cause}"),
        Err(shortage) => format!("no connection: {shortage}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_the_resolver_is_about_the_name() {
        let resolver = io::Error::other("Name or service not known");
        assert_eq!(
            failure(&resolver),
            "no such host: Name or service not known"
        );
        let system = io::Error::from_raw_os_error(24);
        assert!(failure(&system).starts_with("no connection: "));
    }
}
