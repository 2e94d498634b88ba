//! Formats floats as text, as an anchor for encoders.

use std::hint::black_box;
use std::thread;

/// Formats all floats as text and returns the total length of the text; the threads share the rows.
pub(crate) fn length(columns: &[&[f64]], threads: usize) -> usize {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|n| {
                scope.spawn(move || {
                    let part =
                        |c: &[f64]| text(&c[c.len() * n / threads..c.len() * (n + 1) / threads]);
                    columns.iter().map(|column| part(column)).sum::<usize>()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(0))
            .sum()
    })
}

fn text(values: &[f64]) -> usize {
    let mut buffer = zmij::Buffer::new();
    values
        .iter()
        .map(|value| black_box(buffer.format_finite(*value)).len())
        .sum()
}
