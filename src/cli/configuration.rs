//! `stepgate.toml`: its place decides where the store is. What it says is not supported yet, and is refused rather
//! than overlooked: it could raise a gate.

use super::error::Failure;
use std::path::Path;

/// An error if a `stepgate.toml` above `folder` says anything.
pub fn refuse_settings(folder: &Path) -> Result<(), Failure> {
    let Some(path) = folder.ancestors().map(|folder| folder.join("stepgate.toml")).find(|path| path.exists()) else {
        return Ok(());
    };
    let text = super::files::read(&path).map_err(|refused| {
        let why = refused.found.first().map_or("", |found| &found.message);
        Failure::usage(format!("{} cannot be read: {why}", path.display()))
    })?;
    let text = text.text;
    let setting =
        text.lines().enumerate().find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    match setting {
        None => Ok(()),
        Some((number, _)) => {
            let message = format!("{}:{}:1: not supported yet: settings in stepgate.toml", path.display(), number + 1);
            Err(Failure::usage(message)
                .hint("until they are, only an empty stepgate.toml is accepted: it marks where the store is"))
        }
    }
}
