//! How much memory a streamed answer takes: the rise of this process's peak while it reads an
//! answer of 10 million rows (or as many as the first argument says).
//!
//! The server is a child process, so that its memory does not count: it makes a chunked msgpack
//! answer of four columns while it sends it. Linux only, for the peak is read from `/proc`.
//!
//! `cargo run --release -p aioinflux --example stream_memory -- 10000000`

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use aioinflux::{Client, Config, Event};

/// Rows of one chunk: the server's default.
const CHUNK: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => {
            let rows = arguments.next().ok_or("rows are missing")?;
            Ok(serve(rows.parse()?)?)
        }
        Some(rows) => measure(rows.parse()?),
        None => measure(10_000_000),
    }
}

fn measure(rows: u64) -> Result<(), Box<dyn Error>> {
    let mut server = Command::new(std::env::current_exe()?)
        .args(["serve", &rows.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut port)?;
    let config = Config::new(&format!("http://127.0.0.1:{}", port.trim()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let client = Client::new(config)?;
    // The first answer makes what every program has: threads, buffers, a connection.
    runtime.block_on(read(&client, "few"))?;
    let before = peak_kib()?;
    let start = Instant::now();
    let (read_rows, bytes) = runtime.block_on(read(&client, "many"))?;
    let seconds = start.elapsed().as_secs_f64();
    let after = peak_kib()?;
    assert_eq!(read_rows, rows);
    println!(
        "rows: {read_rows}, {} MiB of columns, {seconds:.1} s",
        bytes >> 20
    );
    println!(
        "peak before: {:.1} MiB, after: {:.1} MiB",
        mib(before),
        mib(after)
    );
    println!("rise: {:.1} MiB", mib(after - before));
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

async fn read(client: &Client, query: &str) -> Result<(u64, usize), aioinflux::Error> {
    let mut stream = client.stream(query).await?;
    let (mut rows, mut bytes) = (0, 0);
    while let Some(event) = stream.next().await {
        if let Event::Batch(batch) = event? {
            rows += batch.num_rows() as u64;
            bytes += batch.get_array_memory_size();
        }
    }
    Ok((rows, bytes))
}

/// The highest resident memory of this process so far.
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

/// Answers queries until the parent closes the pipe.
fn serve(rows: u64) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(move || -> io::Result<()> {
        loop {
            connection(listener.accept()?.0, rows)?;
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn connection(stream: TcpStream, rows: u64) -> io::Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut out = BufWriter::with_capacity(1 << 16, stream);
    while let Some(form) = request(&mut requests)? {
        out.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-msgpack\r\n\
              Transfer-Encoding: chunked\r\n\r\n",
        )?;
        let rows = if form.contains("q=many") { rows } else { CHUNK };
        let mut document = Vec::new();
        for first in (0..rows).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
            let end = rows.min(first + CHUNK);
            document.clear();
            self::document(&mut document, first, end, end < rows);
            write!(out, "{:x}\r\n", document.len())?;
            out.write_all(&document)?;
            out.write_all(b"\r\n")?;
        }
        out.write_all(b"0\r\n\r\n")?;
        out.flush()?;
    }
    Ok(())
}

/// Reads one request and returns its body.
fn request(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(String::from_utf8_lossy(&body).into_owned()))
}

/// `{results: [{statement_id: 0, series: [{name, columns, values, partial}], partial}]}`
fn document(out: &mut Vec<u8>, first: u64, end: u64, more: bool) {
    let map = |out: &mut Vec<u8>, count: u8| out.push(0x80 | count);
    let array = |out: &mut Vec<u8>, count: u8| out.push(0x90 | count);
    map(out, 1);
    text(out, "results");
    array(out, 1);
    map(out, if more { 3 } else { 2 });
    text(out, "statement_id");
    out.push(0);
    text(out, "series");
    array(out, 1);
    map(out, if more { 4 } else { 3 });
    text(out, "name");
    text(out, "cpu");
    text(out, "columns");
    array(out, 4);
    for name in ["time", "host", "load", "count"] {
        text(out, name);
    }
    text(out, "values");
    out.push(0xdd);
    out.extend_from_slice(&u32::try_from(end - first).unwrap_or(u32::MAX).to_be_bytes());
    for row in first..end {
        array(out, 4);
        integer(out, 1_700_000_000_000_000_000 + row);
        text(
            out,
            if row.is_multiple_of(2) {
                "server-a"
            } else {
                "server-b"
            },
        );
        out.push(0xcb);
        let load = f64::from(u32::try_from(row % 1000).unwrap_or(0)) / 7.0;
        out.extend_from_slice(&load.to_be_bytes());
        integer(out, row);
    }
    if more {
        for _ in 0..2 {
            text(out, "partial");
            out.push(0xc3);
        }
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(0xa0 | u8::try_from(text.len()).unwrap_or(0));
    out.extend_from_slice(text.as_bytes());
}

fn integer(out: &mut Vec<u8>, value: u64) {
    out.push(0xd3);
    out.extend_from_slice(&value.to_be_bytes());
}
