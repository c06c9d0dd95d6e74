//! `stepgate new NAME`: a runbook to begin with, which passes `check` and runs.

use super::args;
use super::error::{Exit, Failure};
use super::terminal::eprint_line;
use crate::text::{escape_line, quote_word};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const TEMPLATE: &str = include_str!("new.md");

/// The command.
pub fn new(options: &args::New) -> Result<Exit, Failure> {
    let path = place(&options.name)?;
    let shown = escape_line(&path.display().to_string()).into_owned();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!("`{shown}` is there already, and stays as it is")),
        _ => Failure::new(Exit::Failure, format!("`{shown}` cannot be written: {error}")),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    let text = TEMPLATE.replace("TITLE", &title(&path));
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let typed = quote_word(&path.display().to_string());
    eprint_line(&format!("{shown} is written; it checks, plans and runs as it stands:"));
    ["check", "plan", "run"].iter().for_each(|command| eprint_line(&format!("stepgate {command} {typed}")));
    Ok(Exit::Success)
}

/// The file: what a search finds ends in `.md`.
fn place(name: &Path) -> Result<PathBuf, Failure> {
    if name.file_name().is_none() || name.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(Failure::usage("name a file, such as `backup` or `runbooks/backup.md`"));
    }
    let markdown = name.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
    let mut path = name.to_owned();
    if !markdown {
        path.as_mut_os_string().push(".md");
    }
    Ok(path)
}

/// A title made of the file's name, for YAML and Markdown alike: letters, digits and blanks.
fn title(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plain = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let words: String = stem.chars().map(plain).collect();
    let mut words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(first) = words.chars().next() {
        words.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
    }
    if words.is_empty() { "Runbook".to_owned() } else { words }
}
