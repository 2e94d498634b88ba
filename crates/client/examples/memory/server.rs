//! Runs a server that answers every query with rows, and every write with 204.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};

/// The number of rows in one chunk, which is also the default of an InfluxDB server.
const CHUNK: u64 = 10_000;

/// Answers requests until the parent process closes the pipe.
pub(crate) fn serve(rows: u64) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(move || -> io::Result<()> {
        loop {
            let stream = listener.accept()?.0;
            std::thread::spawn(move || connection(stream, rows));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn connection(stream: TcpStream, rows: u64) -> io::Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut out = BufWriter::with_capacity(1 << 16, stream);
    while let Some((path, body)) = request(&mut requests)? {
        if path.starts_with("/write") {
            out.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
            out.flush()?;
            continue;
        }
        out.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-msgpack\r\n\
              Transfer-Encoding: chunked\r\n\r\n",
        )?;
        let rows = if body.starts_with(b"q=many") {
            rows
        } else {
            CHUNK
        };
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

/// Reads one request, and returns its path and its body.
fn request(input: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        if path.is_empty() {
            line.split(' ')
                .nth(1)
                .unwrap_or_default()
                .clone_into(&mut path);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some((path, body)))
}

/// Appends a chunk of the form `{results: [{statement_id: 0, series: [{name, columns, values,
/// partial}], partial}]}`.
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
