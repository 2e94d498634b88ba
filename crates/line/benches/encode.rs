//! Measures how fast the points of case W1 are written from native values. The benchmarks of other
//! clients are in `benchmarks/crates`.

mod w1;

use std::hint::black_box;

use aioinflux_line::{Dialect, Encoder};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use w1::ours;

fn encode(criterion: &mut Criterion) {
    let points = w1::points();
    let shape = ours::shape().expect("plain names");
    let mut encoder = Encoder::new(Dialect::V1);
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(w1::ROWS as u64));
    group.bench_function("points", |b| {
        b.iter(|| ours::push(&mut encoder, black_box(&points)).expect("plain points"));
    });
    group.bench_function("rows", |b| {
        b.iter(|| ours::rows(&mut encoder, &shape, black_box(&points)).expect("plain points"));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = encode
}
criterion_main!(benches);
