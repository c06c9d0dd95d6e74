//! `stepgate.toml`: the nearest above the current folder.

use super::error::Failure;
use super::findings::show;
use super::terminal::Terminal;
use crate::config::{self, Config};
use crate::diagnostic::Severity;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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

/// The configuration of another folder, with the same errors.
pub fn load_above(folder: &Path, terminal: &Terminal) -> Result<Config, Failure> {
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

/// Where a path of `stepgate.toml` leads, whose folder that is: `~/…` is home's.
pub fn place(path: &str, folder: &Path, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    match path.strip_prefix('~') {
        None => Ok(folder.join(path)),
        Some(rest) => match (rest.strip_prefix('/'), environment("HOME").filter(|home| !home.is_empty())) {
            (None, _) => Err("of paths with `~` only `~/…` is known; write `./~…` for a file of that name".to_owned()),
            (_, None) => Err("HOME is not set".to_owned()),
            (Some(rest), Some(home)) => Ok(PathBuf::from(home).join(rest)),
        },
    }
}

/// The same with this process's environment.
pub fn placed(config: &Config, path: &str) -> Result<PathBuf, Failure> {
    let folder = config.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    place(path, folder, &|name| std::env::var_os(name)).map_err(|why| Failure::usage(format!("`{path}`: {why}")))
}
