//! `stepgate sign RUN`: a signature over a run's seal, and the one that `stepgate.toml` asks for when a run closes.

use super::args;
use super::error::{Exit, Failure};
use super::log::{open_store, read};
use super::terminal::{Terminal, eprint_line};
use super::{configuration, ssh};
use crate::config::Config;
use crate::event::RunState;
use crate::journal::RunFolder;
use std::path::{Path, PathBuf};

/// The command.
pub fn sign_run(options: &args::Sign, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let key = match &options.key {
        Some(key) => Some(key.clone()),
        None => key_of(&config)?,
    };
    let key = key.ok_or_else(|| {
        Failure::usage("no key is named").hint("--key ~/.ssh/id_ed25519, or `key` in [sign] of stepgate.toml")
    })?;
    let store = open_store(options.store.as_ref())?;
    let folder = store.find(options.run.as_deref())?;
    let name = sign(&folder, &key)?;
    eprint_line(&format!("the seal of {} is signed: {name}", folder.run));
    Ok(Exit::Success)
}

/// The key that `stepgate.toml` names. It must be there before anything runs.
pub fn key_of(config: &Config) -> Result<Option<PathBuf>, Failure> {
    let Some(written) = &config.sign.key else { return Ok(None) };
    let key = configuration::placed(config, written)?;
    match key.is_file() {
        true => Ok(Some(key)),
        false => Err(Failure::usage(format!("the key `{written}` of [sign] in stepgate.toml is no file"))
            .hint("nothing was run")),
    }
}

/// Signs the seal of a run, and keeps the signature beside its journal. Returns its file's name.
///
/// # Errors
///
/// If there is no sound record with a seal, or no signature comes of it.
pub fn sign(folder: &RunFolder, key: &Path) -> Result<String, Failure> {
    let reading = read(folder, RunState::lean())?;
    let refused = |why: String| Failure::new(Exit::Failure, format!("run {} is not signed: {why}", folder.run));
    match (&reading.damage, &reading.state.seal) {
        (Some(damage), _) => return Err(refused(format!("its record is damaged: {damage}"))),
        (None, None) => return Err(refused("it has no seal yet; what is not closed is not signed".to_owned())),
        (None, Some(_)) => {}
    }
    let seal = folder.last_line(&reading).map_err(|error| refused(format!("its record cannot be read: {error}")))?;
    let signature = ssh::sign(key, &seal).map_err(|why| refused(format!("`{}`: {why}", key.display())))?;
    folder
        .keep_signature(&reading, &signature)
        .map_err(|error| Failure::new(Exit::Record, format!("the signature of {} cannot be kept: {error}", folder.run)))
}
