//! Encodes the points of benchmark W1 with this project and with other published crates, each used
//! as its authors intended.

mod peers;
#[path = "../../../crates/line/benches/w1/mod.rs"]
mod w1;

use std::hint::black_box;

use aioinflux_line::{Dialect, Encoder};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use questdb::ingress::{Buffer, ProtocolVersion};
use w1::ours;

fn encode(criterion: &mut Criterion) {
    let points = w1::points();
    let shape = ours::shape().expect("plain names");
    let mut encoder = Encoder::new(Dialect::V1);
    let mut buffer = Buffer::new(ProtocolVersion::V1);
    let mut text = Vec::new();
    let mut group = criterion.benchmark_group("crates");
    group.throughput(Throughput::Elements(w1::ROWS as u64));
    group.bench_function("aioinflux", |b| {
        b.iter(|| ours::rows(&mut encoder, &shape, black_box(&points)).expect("plain points"));
    });
    group.bench_function("aioinflux, any points", |b| {
        b.iter(|| ours::push(&mut encoder, black_box(&points)).expect("plain points"));
    });
    group.bench_function("questdb-rs", |b| {
        b.iter(|| peers::questdb(&mut buffer, black_box(&points)).expect("plain points"));
    });
    group.bench_function("influxdb-line-protocol", |b| {
        b.iter(|| peers::builder(&mut text, black_box(&points)));
    });
    group.bench_function("influxdb2", |b| {
        b.iter(|| peers::influxdb2(&mut text, black_box(&points)).expect("plain points"));
    });
    group.bench_function("influxdb", |b| {
        b.iter(|| peers::influxdb(black_box(&points)).expect("plain points"));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = encode
}
criterion_main!(benches);
