//! Explains TLS errors in messages that say what to do.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::trust::{Shown, Untrusted};
use crate::error::excerpt;

/// The maximum number of names of a certificate that an error shows.
const NAMES: usize = 10;

/// Explains a TLS error. `peer` says who is at the other end of the connection: the server or a
/// proxy.
pub(crate) fn explain(error: &Error, peer: &str, shown: &Shown) -> String {
    match error {
        Error::InvalidCertificate(refused) => certificate(refused, peer),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => format!(
            "{peer} does not speak TLS on this port; hint: use an `http://` URL, or another port"
        ),
        Error::AlertReceived(alert) => self::alert(*alert, peer, shown),
        Error::PeerIncompatible(_) => format!(
            "{peer} and this client have no version or cipher of TLS in common ({error}); hint: \
             TLS 1.2 and 1.3 are known here"
        ),
        other => other.to_string(),
    }
}

/// Explains why the peer ended the connection after it had requested a certificate.
pub(crate) fn unanswered(peer: &str, shown: &Shown) -> String {
    if shown.has_one() {
        refused(peer, "it closed the connection")
    } else {
        required(peer)
    }
}

fn certificate(error: &CertificateError, peer: &str) -> String {
    let certificate = format!("the certificate of {peer}");
    match error {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "{certificate} expired at {}; hint: renew it, or check the clock of this machine",
            time(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "{certificate} is not valid before {}; hint: check the clock of this machine",
            time(*not_before)
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let expected = expected.to_str();
            if presented.is_empty() {
                return format!(
                    "{certificate} does not name any server, so it is not valid for `{expected}`; hint: \
                     issue it with a subjectAltName (a common name is used only if `Tls::ca` names this \
                     very certificate)"
                );
            }
            format!(
                "{certificate} is for {}, not for `{expected}`; hint: connect by a name that it has, \
                 or issue it for this one",
                names(presented)
            )
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<Untrusted>() {
            Some(Untrusted { issuer: Some(name) }) => format!(
                "{certificate} was issued by `{}`, which is not trusted; hint: pass the certificate \
                 of that authority as `Tls::ca`",
                excerpt(name)
            ),
            Some(Untrusted { issuer: None }) => format!(
                "{certificate} is self-signed, and not trusted; hint: pass that certificate as \
                 `Tls::ca`"
            ),
            None => format!("{certificate} cannot be used: {}", other.0),
        },
        CertificateError::BadSignature => format!(
            "{certificate} is not signed by the key of the authority that it names; hint: does \
             `Tls::ca` have an older certificate of that authority?"
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("{certificate} is not one for servers: {error}")
        }
        other => format!("{certificate} cannot be used: {other}"),
    }
}

fn alert(alert: AlertDescription, peer: &str, shown: &Shown) -> String {
    use AlertDescription as A;
    let is_about_ours = matches!(
        alert,
        A::HandshakeFailure
            | A::NoCertificate
            | A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError
            | A::CertificateRequired
    );
    match alert {
        _ if is_about_ours && shown.is_asked() && !shown.has_one() => required(peer),
        _ if is_about_ours && shown.is_asked() => refused(peer, &reason(alert)),
        A::ProtocolVersion => {
            format!("{peer} speaks neither TLS 1.2 nor 1.3; hint: allow one of them there")
        }
        A::UnrecognisedName => format!("{peer} has no certificate for the name in the URL"),
        _ => format!("{peer} ended the connection: {}", reason(alert)),
    }
}

fn required(peer: &str) -> String {
    format!("{peer} requires a client certificate; hint: pass one as `Tls::client_certificate`")
}

fn refused(peer: &str, why: &str) -> String {
    format!(
        "{peer} refused the client certificate ({why}); hint: `Tls::client_certificate` must be \
         valid, and issued by an authority that {peer} trusts"
    )
}

/// Returns the name of a TLS alert as lower-case words, such as `unknown CA`.
fn reason(alert: AlertDescription) -> String {
    let name = format!("{alert:?}");
    let mut out = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_small {
            out.push(' ');
        }
        was_small = c.is_ascii_lowercase();
        out.push(c);
    }
    let words: Vec<String> = out
        .split(' ')
        .map(|word| {
            let is_short = word.chars().all(|c| c.is_ascii_uppercase());
            if is_short {
                word.to_owned()
            } else {
                word.to_lowercase()
            }
        })
        .collect();
    words.join(" ")
}

/// Formats the first [`NAMES`] names of a certificate, which webpki returns in the form
/// `DnsName("a")` or `IpAddress(1.2.3.4)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name
            .strip_suffix(')')
            .and_then(|name| name.split_once('('))
            .map_or(name.as_str(), |(_, inner)| inner)
            .trim_matches('"');
        // webpki formats IPv6 addresses in an unusual way.
        let address = inner.parse::<IpAddr>().map(|address| address.to_string());
        format!("`{}`", address.unwrap_or_else(|_| excerpt(inner)))
    };
    let mut all: Vec<String> = presented.iter().take(NAMES).map(bare).collect();
    if presented.len() > NAMES {
        all.push(format!("{} others", presented.len() - NAMES));
    }
    all.join(", ")
}

fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_words() {
        let words = [
            (AlertDescription::UnknownCA, "unknown CA"),
            (AlertDescription::CertificateExpired, "certificate expired"),
            (AlertDescription::HandshakeFailure, "handshake failure"),
        ];
        for (alert, text) in words {
            assert_eq!(reason(alert), text);
        }
    }

    #[test]
    fn names_are_shown_without_their_kind_and_cut() {
        let some = [
            "DnsName(\"a.example\")",
            "IpAddress(127.0.0.1)",
            "IpAddress(0::1)",
        ];
        assert_eq!(
            names(&some.map(String::from)),
            "`a.example`, `127.0.0.1`, `::1`"
        );
        let many = vec!["DnsName(\"a\")".to_owned(); 12];
        assert!(names(&many).ends_with("`a`, 2 others"));
    }
}
