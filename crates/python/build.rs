//! Extracts the docstrings of the native module from its stubs, so that each docstring is written
//! only once.
//!
//! Editors and the manual read the docstrings in the stub file `_core.pyi`, and `help()` reads the
//! docstrings of the native module. In the Rust code, the macro `docstring!` includes the docstring
//! files that this build script writes.

use std::path::Path;
use std::{env, fs, io};

const STUBS: &str = "../../python/aioinflux/_core.pyi";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={STUBS}");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let folder = Path::new(&out).join("docstrings");
    // The docstring files of an earlier build are deleted first, so that the docstring of a removed
    // name cannot be included.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir(&folder)?;
    for (name, docstring) in docstrings(&fs::read_to_string(STUBS)?) {
        fs::write(folder.join(name), docstring)?;
    }
    Ok(())
}

/// Returns the docstrings in the stubs without their indentation, each with its name, such as
/// `Table` or `Table.plot`.
fn docstrings(stubs: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut class, mut name) = ("", String::new());
    let mut lines = stubs.lines();
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        if let Some(defined) = text.strip_prefix("class ") {
            class = identifier(defined);
            class.clone_into(&mut name);
        } else if let Some(defined) = text.strip_prefix("def ") {
            let is_method = text.len() < line.len();
            let class = if is_method { class } else { "" };
            name = [class, identifier(defined)].join(".");
            name = name.trim_start_matches('.').to_owned();
        } else if let Some(begin) = text.strip_prefix("\"\"\"") {
            let indent = line.len() - text.len();
            let docstring = docstring(begin, indent, &mut lines);
            // The docstring of the stub file itself belongs to no name, so it is skipped.
            if !name.is_empty() {
                found.push((name.clone(), docstring));
            }
        }
    }
    found
}

/// Returns the Python identifier with which `text` begins.
fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Reads a docstring from its first line up to its closing quotes, and returns the docstring.
fn docstring<'a>(
    first: &'a str,
    indent: usize,
    lines: &mut impl Iterator<Item = &'a str>,
) -> String {
    let mut docstring = String::new();
    let mut line = first;
    loop {
        if let Some((last, _)) = line.split_once("\"\"\"") {
            docstring.push_str(last);
            return docstring.trim_end().to_owned();
        }
        docstring.push_str(line);
        docstring.push('\n');
        let next = lines.next().expect("every docstring ends");
        line = next.get(indent..).unwrap_or_default();
    }
}
