//! Frees memory that a column reserved but did not need.

/// Frees the memory that a vector reserved but did not need, if the unused part is larger than a
/// quarter of the used part.
pub(in crate::decode) fn trimmed<T>(mut values: Vec<T>) -> Vec<T> {
    if values.capacity() - values.len() > values.len() / 4 {
        values.shrink_to_fit();
    }
    values
}
