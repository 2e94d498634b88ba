//! The two ways in which this crate writes points: points of any kind, and rows of one shape.

use aioinflux_line::{Dialect, Encoder, Error, PointEncoder, Shape, ToLine, Unusual};

use super::{FLOATS, INTEGERS, MEASUREMENT, Native, TAGS};

impl ToLine for Native {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        line.measurement(MEASUREMENT)?;
        for (key, value) in TAGS.iter().zip(&self.tags) {
            line.tag(*key, value)?;
        }
        for (key, value) in FLOATS.iter().zip(self.floats) {
            line.field(*key, value)?;
        }
        for (key, value) in INTEGERS.iter().zip(self.integers) {
            line.field(*key, value)?;
        }
        Ok(Some(self.time))
    }
}

/// Writes points of any kind and returns the number of bytes.
pub(crate) fn push(encoder: &mut Encoder, points: &[Native]) -> Result<usize, Error> {
    encoder.clear();
    for point in points {
        encoder.push(point)?;
    }
    Ok(encoder.len_bytes())
}

/// Returns the shape that all points share.
pub(crate) fn shape() -> Option<Shape> {
    let fields: Vec<&str> = FLOATS.into_iter().chain(INTEGERS).collect();
    Shape::new(Dialect::V1, MEASUREMENT, &TAGS, &fields)
}

/// Writes rows of one shape and returns the number of bytes.
pub(crate) fn rows(
    encoder: &mut Encoder,
    shape: &Shape,
    points: &[Native],
) -> Result<usize, Unusual> {
    encoder.clear();
    let mut rows = encoder.rows(shape);
    for (index, point) in (0..).zip(points) {
        let mut row = rows.begin();
        for (tag, value) in point.tags.iter().enumerate() {
            row.tag(tag, value)?;
        }
        for (field, value) in point.floats.into_iter().enumerate() {
            row.float(field, value)?;
        }
        for (field, value) in point.integers.into_iter().enumerate() {
            row.integer(FLOATS.len() + field, value)?;
        }
        row.end(index, Some(point.time))?;
    }
    Ok(encoder.len_bytes())
}
