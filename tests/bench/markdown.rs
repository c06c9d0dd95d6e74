//! The floor of `stepgate check`: pulldown-cmark alone over the same files, in one thread. `scripts/bench` runs it.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use pulldown_cmark::Parser;
use std::path::PathBuf;

/// Reads every file of the folder that is the first argument, and prints how many files and events there were.
fn main() {
    let folder = std::env::args_os().nth(1).expect("a folder of Markdown files");
    let entries = std::fs::read_dir(folder).expect("a folder that can be read");
    let files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let events: usize = files.iter().map(|file| events(&std::fs::read_to_string(file).expect("text"))).sum();
    println!("{} files, {events} events", files.len());
}

fn events(text: &str) -> usize {
    Parser::new_ext(text, stepgate::runbook::markdown_options()).into_offset_iter().count()
}
