//! `--write-back`: the log of a run that has closed, in the place of the runbook's own text.

use super::error::{Exit, Failure};
use super::log::{markdown, read_watching};
use super::next::store_option;
use super::past;
use super::replace::replace_known;
use super::tree::real_path;
use crate::annotate::{clear, says_the_same};
use crate::audit::Unasked;
use crate::event::RunState;
use crate::journal::{RunFolder, Vouched};
use crate::text::{escape_line, quote_word};
use std::path::{Path, PathBuf};

/// The file that results are written into.
pub struct Place {
    path: PathBuf,
    /// What it held when it was read for the run.
    text: String,
}

impl Place {
    /// The file as it is named. Refused now, before anything runs: a link, and a way to it through one that leads out of the
    /// repository or folder that it is named in.
    ///
    /// # Errors
    ///
    /// If it is no place to write to.
    pub fn new(named: &Path, text: &str) -> Result<Self, Failure> {
        let refused = |why: &str| {
            let message = format!("results cannot be written back into `{}`: {why}", named.display());
            Failure::usage(message).hint("nothing was run; leave out --write-back, or name the file itself")
        };
        if !std::fs::symlink_metadata(named).map_err(|error| refused(&error.to_string()))?.is_file() {
            return Err(refused("it is no regular file"));
        }
        let path = real_path(named).map_err(|why| refused(&why))?;
        if clear(text).is_some_and(|cleared| !says_the_same(&cleared.text, text)) {
            return Err(refused("without the results that stand in it, it would not say the same"));
        }
        Ok(Self { path, text: text.to_owned() })
    }

    /// Writes the run's log into the file. Returns what there is to say of it.
    ///
    /// # Errors
    ///
    /// If that cannot be; the file is as it was then, and the record is not touched.
    pub fn write(&self, folder: &RunFolder, store: Option<&PathBuf>) -> Result<String, Failure> {
        let name = escape_line(&self.path.display().to_string()).into_owned();
        let written = self
            .log(folder, store)
            .and_then(|text| replace_known(&self.path, &self.text, text.as_bytes()).map_err(|error| error.to_string()));
        let shown = format!("stepgate log {}{}", folder.run, store_option(store.map(PathBuf::as_path)));
        match written {
            Ok(()) => Ok(format!("written back; to take it out again: stepgate clear {}", quote_word(&name))),
            Err(why) => {
                let message = format!("the results are not written back into `{name}`: {why}");
                Err(Failure::new(Exit::Record, message).hint(format!("the record is complete: {shown}")))
            }
        }
    }

    /// What `stepgate log` shows, if it is the author's text with nothing but results in it.
    fn log(&self, folder: &RunFolder, store: Option<&PathBuf>) -> Result<String, String> {
        let past = past::Place::store(store).map_err(|failure| failure.to_string())?;
        let mut vouched = Vouched::default();
        let reading = read_watching(folder, RunState::default(), |event| vouched.take(event));
        let reading = reading.map_err(|failure| failure.to_string())?;
        let finding = past.check(&[], &Unasked).reading(folder, &reading, &vouched);
        let text = markdown(folder, &reading, &finding).map_err(|failure| failure.to_string())?;
        let own = clear(&self.text).map_or_else(|| self.text.clone(), |cleared| cleared.text);
        match clear(&text).is_some_and(|back| back.text == own) && says_the_same(&own, &text) {
            true => Ok(text),
            false => Err("with them it would not say the same".to_owned()),
        }
    }
}
