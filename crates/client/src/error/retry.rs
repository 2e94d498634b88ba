//! Determines how long the client should wait before a retry, according to the server's answer.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Error;

impl Error {
    /// Returns how long the server asks the client to wait, counted from the server's answer. The
    /// header `Retry-After` gives the wait in seconds or as a date. A date in `Retry-After` is
    /// compared with the date of the answer, so the clocks of the client and the server need not
    /// agree. If the date in `Retry-After` is in the past, no wait is needed.
    pub fn retry_after(&self) -> Option<Duration> {
        let wanted = self.header("retry-after")?.trim();
        if !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(wanted.parse().unwrap_or(u64::MAX)));
        }
        let wanted = date(wanted)?;
        let now = self.header("date").and_then(date);
        let now = now.or_else(|| Timestamp::try_from(SystemTime::now()).ok())?;
        Some(Duration::try_from(wanted.duration_since(now)).unwrap_or_default())
    }
}

/// Parses an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Said};

    fn after(pairs: &[(&str, &str)]) -> Option<Duration> {
        let headers = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let said = Said {
            status: 503,
            headers: headers.collect(),
            ..Said::default()
        };
        Error::new(ErrorKind::Server, true, "busy")
            .said(said)
            .retry_after()
    }

    #[test]
    fn seconds_and_dates() {
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[("retry-after", "30")]), seconds(30));
        assert_eq!(after(&[("retry-after", " 0 ")]), seconds(0));
        assert_eq!(
            after(&[("retry-after", "99999999999999999999")]),
            seconds(u64::MAX)
        );
        for text in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(after(&[("retry-after", text)]), None, "{text}");
        }
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let until = |text| after(&[("retry-after", text), date]);
        assert_eq!(until("Sun, 06 Nov 1994 08:50:07 GMT"), seconds(30));
        assert_eq!(until("Sun, 06 Nov 1994 08:49:00 GMT"), seconds(0));
        let soon = after(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(soon, seconds(0));
    }
}
