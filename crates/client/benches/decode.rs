//! Measures the speed of the decoders with 1M rows of (time, two floats, two integers, one string).
//! The decoded answers are whole or chunked, and in JSON or msgpack. The rows are those of the
//! query of `make bench`, without the conversion to a DataFrame.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use aioinflux::decode::{Decoder, End, Event, Format};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// An allocator that stores columns in huge pages, as in the Python package.
#[cfg(feature = "huge-pages")]
#[global_allocator]
static ALLOCATOR: aioinflux::engine::huge_pages::HugePages =
    aioinflux::engine::huge_pages::HugePages;

const ROWS: usize = 1_000_000;
const CHUNK: usize = 10_000;

/// The number of bytes in a piece, which is roughly what a network delivers at once.
const PIECE: usize = 64 * 1024;

/// A generator of numbers whose bits all look random (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

struct Row {
    time: u64,
    load: f64,
    celsius: f64,
    count: u64,
    bytes: u64,
    state: String,
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn rows() -> Vec<Row> {
    let mut random = Random(4);
    (0..ROWS as u64)
        .map(|row| Row {
            time: 1_700_000_000_000_000_000 + row * 1_000_000_123,
            load: random.unit() * 100.0,
            celsius: random.below(10_000) as f64 / 100.0,
            count: random.below(1000),
            bytes: random.below(1 << 40),
            state: format!("state-{}", random.below(50)),
        })
        .collect()
}

fn json(rows: &[Row], chunk: usize) -> Vec<u8> {
    let mut out = String::new();
    for (index, rows) in rows.chunks(chunk).enumerate() {
        out += r#"{"results":[{"statement_id":0,"series":[{"name":"m","columns":["#;
        out += r#""time","load","celsius","count","bytes","state"],"values":["#;
        for (row, cells) in rows.iter().enumerate() {
            let comma = if row > 0 { "," } else { "" };
            // For numbers, `{}` prints the same digits as Go: the shortest ones, and no fraction
            // for whole numbers.
            write!(
                out,
                r#"{comma}[{},{},{},{},{},"{}"]"#,
                cells.time, cells.load, cells.celsius, cells.count, cells.bytes, cells.state
            )
            .expect("a String");
        }
        let goes_on = (index + 1) * chunk < ROWS;
        let partial = if goes_on { r#","partial":true"# } else { "" };
        writeln!(out, "]{partial}}}]{partial}}}]}}").expect("a String");
    }
    out.into_bytes()
}

fn msgpack(rows: &[Row], chunk: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, rows) in rows.chunks(chunk).enumerate() {
        let goes_on = u8::from((index + 1) * chunk < ROWS);
        out.extend(b"\x81\xa7results\x91");
        out.push(0x82 + goes_on);
        out.extend(b"\xacstatement_id\x00\xa6series\x91");
        out.push(0x83 + goes_on);
        out.extend(b"\xa4name\xa1m\xa7columns\x96\xa4time\xa4load\xa7celsius\xa5count\xa5bytes");
        out.extend(b"\xa5state\xa6values\xdd");
        out.extend(u32::try_from(rows.len()).expect("1M rows").to_be_bytes());
        for cells in rows {
            out.push(0x96);
            integer(&mut out, cells.time);
            for float in [cells.load, cells.celsius] {
                out.push(0xcb);
                out.extend(float.to_be_bytes());
            }
            integer(&mut out, cells.count);
            integer(&mut out, cells.bytes);
            out.push(0xa0 | u8::try_from(cells.state.len()).expect("a short text"));
            out.extend(cells.state.bytes());
        }
        for _ in 0..2 * goes_on {
            out.extend(b"\xa7partial\xc3");
        }
    }
    out
}

/// Appends the shortest signed msgpack encoding of an integer, which is also the one that the
/// server writes.
fn integer(out: &mut Vec<u8>, n: u64) {
    let bytes = n.to_be_bytes();
    let (tag, width) = match n {
        0..=0x7f => return out.push(bytes[7]),
        0x80..=0x7fff => (0xd1, 2),
        0x8000..=0x7fff_ffff => (0xd2, 4),
        _ => (0xd3, 8),
    };
    out.push(tag);
    out.extend(&bytes[8 - width..]);
}

fn decode<'a>(mut decoder: Decoder, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut events = Vec::new();
    for piece in pieces {
        decoder.feed(piece).expect("a good answer");
        events.extend(std::iter::from_fn(|| decoder.next_event()));
    }
    decoder.finish(End::Proven).expect("a good answer");
    events.extend(std::iter::from_fn(|| decoder.next_event()));
    events
}

fn benchmark(criterion: &mut Criterion) {
    let rows = rows();
    let mut group = criterion.benchmark_group("decode 1M rows");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(ROWS as u64));
    for (format, name, write) in [
        (Format::Json, "json", json as fn(&[Row], usize) -> Vec<u8>),
        (Format::Msgpack, "msgpack", msgpack),
    ] {
        let whole = write(&rows, ROWS);
        group.bench_function(format!("{name}, whole, to large batches"), |bencher| {
            bencher.iter(|| {
                let decoder = Decoder::new(format).large_batches();
                decode(decoder, black_box(&whole[..]).chunks(whole.len()))
            });
        });
        group.bench_function(format!("{name}, whole"), |bencher| {
            bencher.iter(|| {
                decode(
                    Decoder::new(format),
                    black_box(&whole[..]).chunks(whole.len()),
                )
            });
        });
        drop(whole);
        let chunked = write(&rows, CHUNK);
        group.bench_function(format!("{name}, chunked, in pieces"), |bencher| {
            bencher.iter(|| decode(Decoder::new(format), black_box(&chunked[..]).chunks(PIECE)));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
