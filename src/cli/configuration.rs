//! `stepgate.toml`: the nearest above the current folder.

use super::error::Failure;
use super::findings::show;
use super::terminal::Terminal;
use crate::config::{self, Config};
use crate::diagnostic::Severity;
use std::path::Path;

/// The configuration of the current folder; an empty one if there is no `stepgate.toml`.
///
/// # Errors
///
/// If one is there and cannot be read, or says what it may not.
pub fn load(terminal: &Terminal) -> Result<Config, Failure> {
    match super::environment::current_folder() {
        Ok(folder) => load_above(&folder, terminal),
        Err(_) => Ok(Config::default()),
    }
}

fn load_above(folder: &Path, terminal: &Terminal) -> Result<Config, Failure> {
    let Some(path) = folder.ancestors().map(|folder| folder.join("stepgate.toml")).find(|path| path.exists()) else {
        return Ok(Config::default());
    };
    let read = super::files::read(&path).and_then(config::read);
    let mut config = read.map_err(|refused| {
        show(&refused.source, &refused.found, terminal);
        let errors = refused.found.iter().filter(|found| found.severity == Severity::Error).count();
        let message = format!("{} cannot be used: {}", path.display(), crate::text::count(errors, "error"));
        Failure::usage(message).hint("nothing was run")
    })?;
    config.path = Some(path);
    Ok(config)
}
