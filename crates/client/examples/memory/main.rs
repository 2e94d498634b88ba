//! Shows how much memory a streamed answer, or a write of many batches, needs. The memory that is
//! needed is the rise of this process's peak memory.
//!
//! The server is a child process, so its memory does not count. The server generates a chunked
//! msgpack answer of four columns while it sends the answer. The server reads the lines of a write
//! without storing them. This example works only on Linux, because it reads the peak memory from
//! `/proc`.
//!
//! `cargo run --release -p aioinflux --example memory -- read 10000000`
//! `cargo run --release -p aioinflux --example memory -- write 1000000000`

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use aioinflux::line::Shape;
use aioinflux::{Batch, Client, Config, Dialect, Encoder, Event, WriteOptions};

mod server;

/// The number of points in one batch.
const BATCH: i64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count] = arguments.as_slice() else {
        return Err("expected `read ROWS` or `write POINTS`".into());
    };
    match what.as_str() {
        "serve" => Ok(server::serve(count.parse()?)?),
        "read" | "write" => measure(what, count),
        other => Err(format!("expected `read` or `write`, got `{other}`").into()),
    }
}

fn measure(what: &str, count: &str) -> Result<(), Box<dyn Error>> {
    let (mut server, port) = start_server(count)?;
    let config = Config::new(&format!("http://127.0.0.1:{port}"))?.database("x");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let client = Client::new(config)?;
    // The first request allocates what every program needs: threads, buffers, and a connection.
    runtime.block_on(read(&client, "few"))?;
    runtime.block_on(write(&client, BATCH))?;
    let before = peak_kib()?;
    let start = Instant::now();
    let (rows, bytes) = if what == "read" {
        runtime.block_on(read(&client, "many"))?
    } else {
        runtime.block_on(write(&client, count.parse()?))?
    };
    let seconds = start.elapsed().as_secs_f64();
    let after = peak_kib()?;
    assert_eq!(rows, count.parse::<u64>()?);
    println!("{what}: {rows} rows, {} MiB, {seconds:.1} s", bytes >> 20);
    println!(
        "peak before: {:.1} MiB, after: {:.1} MiB, rise: {:.1} MiB",
        mib(before),
        mib(after),
        mib(after - before)
    );
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

fn start_server(rows: &str) -> Result<(Child, String), Box<dyn Error>> {
    let mut server = Command::new(std::env::current_exe()?)
        .args(["serve", rows])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut port)?;
    Ok((server, port.trim().to_owned()))
}

/// Reads an answer as a stream, and returns the number of its rows and the bytes of its columns.
async fn read(client: &Client, query: &str) -> Result<(u64, u64), aioinflux::Error> {
    let mut stream = client.stream(query).await?;
    let (mut rows, mut bytes) = (0, 0);
    while let Some(event) = stream.next().await {
        if let Event::Batch(batch) = event? {
            rows += batch.num_rows() as u64;
            bytes += batch.get_array_memory_size() as u64;
        }
    }
    Ok((rows, bytes))
}

/// Writes points batch by batch. Returns the number of points that were stored, and the bytes of
/// their lines.
async fn write(client: &Client, points: i64) -> Result<(u64, u64), Box<dyn Error>> {
    let mut encoder = Encoder::new(Dialect::V1);
    let shape = Shape::new(Dialect::V1, "m", &[], &["f"]).ok_or("no shape")?;
    let batches = (0..points)
        .step_by(usize::try_from(BATCH)?)
        .map(|first| batch(&mut encoder, &shape, first..points.min(first + BATCH)))
        .map(Ok::<_, aioinflux::Error>);
    let mut bytes = 0;
    let options = WriteOptions::new();
    let written = client
        .write_batches(batches, &options, 1, |_, sent| bytes = sent)
        .await?;
    Ok((written.points, bytes))
}

fn batch(encoder: &mut Encoder, shape: &Shape, points: std::ops::Range<i64>) -> Batch {
    let mut rows = encoder.rows(shape);
    for point in points {
        let mut row = rows.begin();
        let written = row
            .integer(0, point)
            .and_then(|()| row.end(point.unsigned_abs(), Some(point)));
        assert!(written.is_ok(), "a plain point");
    }
    encoder.take()
}

/// Returns the peak resident memory of this process so far.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse()?)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
