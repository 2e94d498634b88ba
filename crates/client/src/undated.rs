//! Finds points without a timestamp that would replace each other on the server.

use std::collections::{HashMap, HashSet};

use aioinflux_line::Batch;

/// Points without a timestamp that share a series and a field in one request.
///
/// The server gives the same time to all points of a request that have no timestamp. The server
/// therefore keeps only one of the points that share a series and a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Colliding {
    /// The number of points that would replace each other.
    pub points: usize,
    /// The encoded series of the first colliding point.
    pub first: String,
}

impl Colliding {
    /// Searches the lines of one request for points that would replace each other.
    ///
    /// ```
    /// use aioinflux::{Colliding, Dialect, Encoder, Point};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// for value in 0..3 {
    ///     encoder.push(&Point::new("m").tag("t", "a").field("f", value))?;
    /// }
    /// let found = Colliding::of(encoder.batch()).unwrap();
    /// assert_eq!((found.points, &*found.first), (3, "m,t=a"));
    /// # Ok::<(), aioinflux::line::Error>(())
    /// ```
    pub fn of(batch: &Batch) -> Option<Self> {
        if batch.unstamped() < 2 {
            return None;
        }
        let mut seen = HashSet::with_capacity(batch.unstamped());
        // Usually, no series appears twice in a batch. The fields of the points are compared only
        // if a series appears twice.
        let mut undated = batch.undated();
        if undated.all(|line| seen.insert(line.series)) {
            return None;
        }
        let mut counts = HashMap::new();
        for line in batch.undated() {
            for key in line.field_keys() {
                *counts.entry((line.series.clone(), key)).or_insert(0) += 1;
            }
        }
        let collides = |line: &aioinflux_line::Undated<'_>| {
            let mut keys = line.field_keys().into_iter();
            keys.any(|key| counts[&(line.series.clone(), key)] > 1)
        };
        let mut lines = batch.undated().filter(collides);
        let first = lines.next()?;
        Some(Self {
            points: 1 + lines.count(),
            first: String::from_utf8_lossy(&first.series).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use aioinflux_line::{Dialect, Encoder, Point};

    use super::*;

    fn of(lines: &str) -> Option<(usize, String)> {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder.push_text(lines.as_bytes()).expect("lines");
        Colliding::of(encoder.batch()).map(|found| (found.points, found.first))
    }

    #[test]
    fn points_of_one_series_and_field_collide() {
        let found = |points, first: &str| Some((points, first.to_owned()));
        assert_eq!(of("m f=1\nm f=2"), found(2, "m"));
        assert_eq!(
            of("m f=1\nn,t=a f=1\nm f=2 5\nn,t=a f=2\nn,t=b f=1"),
            found(2, "n,t=a")
        );
        assert_eq!(
            of("m,a=1,b=2 f=1\nm,b=2,a=1 g=2,f=1"),
            found(2, "m,a=1,b=2")
        );
        assert_eq!(
            of("m,b=2,a=\\,\\ 1 f=1\n m,a=\\,\\ 1,b=2 f=1"),
            found(2, "m,a=\\,\\ 1,b=2")
        );
        assert_eq!(
            of("m f=1\nm f=2\nn f=1\nn g=1\nn f=3,g=4\no f=1"),
            found(5, "m")
        );
        assert_eq!(of("m s=\"x,f=1\"\nm f=1\nm f=2"), found(2, "m"));
    }

    #[test]
    fn all_others_are_kept_by_the_server() {
        for lines in [
            "m f=1",
            "m f=1\nm f=2 5",
            "m f=1 5\nm f=2 5",
            "m f=1\nm,t=a f=1\nm,t=b f=1",
            // The server combines points with different fields into one point, so no value is lost.
            "m f=1\nm g=2\nm s=\",f=\"",
        ] {
            assert_eq!(of(lines), None, "{lines}");
        }
    }

    #[test]
    fn text_and_points_of_one_series_collide() {
        let mut encoder = Encoder::new(Dialect::V1);
        let point = Point::new("m").tag("b", "1").tag("a", "2").field("f", 1);
        encoder.push(&point).expect("a point");
        encoder.push(&point.clone().at(1)).expect("a point");
        encoder.push_text(b"m,b=1,a=2 f=1").expect("a line");
        let found = Colliding::of(encoder.batch()).expect("two");
        assert_eq!((found.points, &*found.first), (2, "m,a=2,b=1"));
    }
}
