//! Memory that a column reserved and did not need.

/// Gives back the memory that a vector reserved and did not need, if it is more than a quarter of
/// what it holds.
pub(in crate::decode) fn trimmed<T>(mut values: Vec<T>) -> Vec<T> {
    if values.capacity() - values.len() > values.len() / 4 {
        values.shrink_to_fit();
    }
    values
}
