//! Tests that the crate needs an allocator, but not the standard library.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

/// `#![no_std]` makes the compiler refuse `std::`, unless the crate adds `std` again.
#[test]
fn nothing_brings_std_back() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(
        fs::read_to_string(source.join("lib.rs"))
            .unwrap()
            .contains("\n#![no_std]\n")
    );
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains("extern crate std"), "{}", path.display());
            }
        }
    }
}
