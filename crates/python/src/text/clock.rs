//! Formats dates, times of day and durations in Python's notation.

pub(super) const DAY: i128 = 86_400 * SECOND;
pub(super) const SECOND: i128 = 1_000_000_000;

/// A day since 1970: `2024-01-02`.
pub(super) fn date(days: i128) -> String {
    // The calculation divides the civil calendar into eras of 400 years, which begin in March.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i128::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Formats an instant, such as `2024-01-02 03:04:05.123456+01:00`. The instant is given in
/// nanoseconds since 1970, and the offset of its local time from UTC is given in seconds.
pub(super) fn datetime(ns: i128, offset: Option<i32>) -> String {
    let local = ns + i128::from(offset.unwrap_or(0)) * SECOND;
    let (days, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let zone = offset.map(|offset| {
        let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        let (hours, minutes) = (offset / 3600, offset / 60 % 60);
        match offset % 60 {
            0 => format!("{sign}{hours:02}:{minutes:02}"),
            seconds => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
        }
    });
    format!("{} {}{}", date(days), time(clock), zone.unwrap_or_default())
}

/// Formats a time of day, such as `03:04:05.123456`, which is given in nanoseconds since midnight.
pub(super) fn time(ns: i128) -> String {
    format!("{:02}{}", ns / (3600 * SECOND), minutes(ns))
}

/// Formats a duration, such as `1 day, 0:01:30`. A negative duration has a negative number of days,
/// as in Python.
pub(super) fn duration(ns: i128) -> String {
    let (days, clock) = (ns.div_euclid(DAY), ns.rem_euclid(DAY));
    let clock = format!("{}{}", clock / (3600 * SECOND), minutes(clock));
    match days {
        0 => clock,
        1 | -1 => format!("{days} day, {clock}"),
        _ => format!("{days} days, {clock}"),
    }
}

/// Formats minutes, seconds and the fraction of a second. The fraction has zero, six or nine
/// digits.
fn minutes(ns: i128) -> String {
    let (seconds, rest) = (ns / SECOND, ns % SECOND);
    let fraction = match rest {
        0 => String::new(),
        _ if rest % 1000 == 0 => format!(".{:06}", rest / 1000),
        _ => format!(".{rest:09}"),
    };
    format!(":{:02}:{:02}{fraction}", seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_civil_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn clocks_have_the_fraction_that_they_need() {
        assert_eq!(datetime(-1000, None), "1969-12-31 23:59:59.999999");
        assert_eq!(datetime(1, Some(0)), "1970-01-01 00:00:00.000000001+00:00");
        assert_eq!(datetime(0, Some(-5400)), "1969-12-31 22:30:00-01:30");
        assert_eq!(datetime(0, Some(1172)), "1970-01-01 00:19:32+00:19:32");
        assert_eq!(duration(-1_000_000_000), "-1 day, 23:59:59");
        assert_eq!(duration(2 * DAY + 90 * SECOND), "2 days, 0:01:30");
    }
}
