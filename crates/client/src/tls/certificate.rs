//! Reads the parts of a certificate (X.509, DER) that webpki does not return: the validity, the
//! common names and the public key. This module also reads certificates of version 1.
//!
//! This module does not verify certificates. For any input, the reader returns either a certificate
//! or `None`.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use rustls::pki_types::UnixTime;

/// The object identifiers of the common name and of the organization.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 29, 17];

const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERAL_TIME: u8 = 0x18;
const BMP: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// The parts of a certificate that this module reads.
pub(super) struct Certificate<'a> {
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    issuer: &'a [u8],
    subject: &'a [u8],
    /// The whole `SubjectPublicKeyInfo` structure.
    pub(super) key_info: &'a [u8],
    pub(super) has_alternative_names: bool,
}

/// A reader for a sequence of DER values.
struct Der<'a>(&'a [u8]);

/// A DER value: its tag, its content, and all its bytes.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Der<'a> {
    fn next(&mut self) -> Option<Value<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                let length = digits
                    .iter()
                    .fold(0, |sum, &digit| sum << 8 | usize::from(digit));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Value {
            tag,
            content,
            whole,
        })
    }

    fn expect(&mut self, tag: u8) -> Option<Value<'a>> {
        self.next().filter(|value| value.tag == tag)
    }
}

impl<'a> Certificate<'a> {
    pub(super) fn of(der: &'a [u8]) -> Option<Self> {
        let outer = Der(der).expect(SEQUENCE)?;
        let mut fields = Der(Der(outer.content).expect(SEQUENCE)?.content);
        let mut serial = fields.next()?;
        if serial.tag == VERSION {
            serial = fields.next()?;
        }
        let _ = serial;
        let _signature = fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.content;
        let mut validity = Der(fields.expect(SEQUENCE)?.content);
        let subject = fields.expect(SEQUENCE)?.content;
        let key_info = fields.expect(SEQUENCE)?.whole;
        let mut has_alternative_names = false;
        while let Some(field) = fields.next() {
            if field.tag == EXTENSIONS {
                has_alternative_names = has_extension(field.content, ALTERNATIVE_NAMES)?;
            }
        }
        Some(Self {
            not_before: time(&validity.next()?)?,
            not_after: time(&validity.next()?)?,
            issuer,
            subject,
            key_info,
            has_alternative_names,
        })
    }

    /// Returns whether the certificate names its own subject as its issuer.
    pub(super) fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }

    /// Returns the common name of the certificate's subject.
    pub(super) fn common_name(&self) -> Option<String> {
        attribute(self.subject, COMMON_NAME)
    }

    /// Returns a readable name of the certificate's issuer.
    pub(super) fn issuer_name(&self) -> Option<String> {
        attribute(self.issuer, COMMON_NAME).or_else(|| attribute(self.issuer, ORGANIZATION))
    }

    /// Returns the identifier of the public key's algorithm, and the public key itself.
    pub(super) fn key(&self) -> Option<(&'a [u8], &'a [u8])> {
        let mut fields = Der(Der(self.key_info).expect(SEQUENCE)?.content);
        let algorithm = fields.expect(SEQUENCE)?.content;
        // The first byte of a DER bit string is the number of unused bits in its last byte.
        match fields.expect(BIT_STRING)?.content {
            [0, key @ ..] => Some((algorithm, key)),
            _ => None,
        }
    }
}

fn has_extension(extensions: &[u8], which: &[u8]) -> Option<bool> {
    let mut all = Der(Der(extensions).expect(SEQUENCE)?.content);
    while let Some(extension) = all.next() {
        if Der(extension.content).expect(OID)?.content == which {
            return Some(true);
        }
    }
    Some(false)
}

/// Returns the last value of this attribute in a name, because the last value is the most specific.
fn attribute(name: &[u8], which: &[u8]) -> Option<String> {
    let mut found = None;
    let mut parts = Der(name);
    while let Some(part) = parts.expect(SET) {
        let mut pairs = Der(part.content);
        while let Some(pair) = pairs.expect(SEQUENCE) {
            let mut pair = Der(pair.content);
            if pair.expect(OID)?.content == which {
                found = text(&pair.next()?).or(found);
            }
        }
    }
    found
}

fn text(value: &Value<'_>) -> Option<String> {
    match value.tag {
        UTF8 | PRINTABLE | TELETEX | IA5 => {
            Some(String::from_utf8_lossy(value.content).into_owned())
        }
        BMP => {
            let units = value.content.chunks_exact(2);
            let units: Vec<u16> = units
                .map(|two| u16::from_be_bytes([two[0], two[1]]))
                .collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. Certificate dates before 1970 are treated as 1970.
fn time(value: &Value<'_>) -> Option<UnixTime> {
    let digits = value.content.strip_suffix(b"Z")?;
    let number = |part: &[u8]| -> Option<i16> { std::str::from_utf8(part).ok()?.parse().ok() };
    let (year, rest) = match value.tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERAL_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let part = |at: usize| i8::try_from(number(&rest[at..at + 2])?).ok();
    let time = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    let seconds = Offset::UTC.to_timestamp(time).ok()?.as_second();
    let since = Duration::from_secs(seconds.try_into().unwrap_or(0));
    Some(UnixTime::since_unix_epoch(since))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_before = date_time_ymd(2020, 2, 29);
        params.not_after = date_time_ymd(2051, 1, 2);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "A company");
        change(&mut params);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        made.der().to_vec()
    }

    #[test]
    fn parts_of_a_certificate_are_read() {
        let der = made(|params| params.distinguished_name.push(DnType::CommonName, "näme"));
        let read = Certificate::of(&der).unwrap();
        assert_eq!(read.not_before.as_secs(), 1_582_934_400);
        assert_eq!(read.not_after.as_secs(), 2_556_230_400);
        assert_eq!(read.common_name().as_deref(), Some("näme"));
        assert_eq!(read.issuer_name().as_deref(), Some("näme"));
        assert!(read.is_self_signed() && !read.has_alternative_names);
        assert_eq!(read.key().unwrap().1.len(), 65, "a point of P-256");
    }

    #[test]
    fn an_issuer_without_a_common_name_is_its_organization() {
        let der = made(|params| {
            params.subject_alt_names = vec![rcgen::SanType::DnsName("a".try_into().unwrap())];
        });
        let read = Certificate::of(&der).unwrap();
        assert_eq!(read.common_name(), None);
        assert_eq!(read.issuer_name().as_deref(), Some("A company"));
        assert!(read.has_alternative_names);
    }

    /// The tests generate the key only once, because key generation is slow.
    static INTACT: LazyLock<Vec<u8>> =
        LazyLock::new(|| made(|params| params.distinguished_name.push(DnType::CommonName, "a")));

    proptest! {
        #[test]
        fn damaged_certificates_are_read_or_refused(
            at in 0..300_usize, byte in any::<u8>(), length in 0..600_usize
        ) {
            let mut der = INTACT.clone();
            let place = at % der.len();
            der[place] = byte;
            der.truncate(length);
            if let Some(read) = Certificate::of(&der) {
                let _ = (read.common_name(), read.issuer_name(), read.key());
            }
        }
    }
}
