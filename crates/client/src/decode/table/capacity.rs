//! Frees the memory that a column reserved but did not use.

/// Frees the unused capacity of a vector, if this capacity is larger than a quarter of the used
/// capacity.
pub(in crate::decode) fn trimmed<T>(mut values: Vec<T>) -> Vec<T> {
    if values.capacity() - values.len() > values.len() / 4 {
        values.shrink_to_fit();
    }
    values
}
