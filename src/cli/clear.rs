//! `stepgate clear FILE…`: the author's own bytes, without the results that a run left in them.

use super::args;
use super::error::{Exit, Failure};
use super::files;
use super::findings::show;
use super::replace::replace_known;
use super::terminal::{Terminal, eprint_line};
use super::tree::real_path;
use crate::annotate::{self, says_the_same};
use crate::diagnostic::{Refused, Source};
use crate::runbook::{declares_runbook, read};
use crate::text::count;
use std::path::Path;

/// The command. Each file is cleared, whatever comes of the others; the first failure says how it ends.
pub fn clear(options: &args::Clear, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut exit = Exit::Success;
    for file in &options.files {
        if let Err(failure) = clear_file(file, terminal) {
            let failed = failure.print(terminal);
            exit = if exit == Exit::Success { failed } else { exit };
        }
    }
    Ok(exit)
}

fn clear_file(file: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let source = files::read(file).and_then(declared).map_err(|refused| {
        show(&refused.source, &refused.found, terminal);
        Failure::usage(format!("`{}` cannot be cleared", refused.source.name))
    })?;
    let name = &source.name;
    let Some(cleared) = annotate::clear(&source.text) else {
        eprint_line(&format!("{name}: holds no results"));
        return Ok(());
    };
    let failed = |why: &str| Failure::new(Exit::Failure, format!("`{name}` is not cleared: {why}"));
    if !says_the_same(&cleared.text, &source.text) {
        let why = "without its results it would not say the same";
        return Err(failed(why).hint("put a blank line behind each quote that begins with `> <!-- stepgate:`"));
    }
    // The file itself is refused if it is a link; what is on the way to it is looked at here.
    real_path(file).map_err(|why| failed(&why).hint("name the file where it really lies"))?;
    let written = replace_known(file, &source.text, cleared.text.as_bytes());
    written.map_err(|error| failed(&error.to_string()))?;
    eprint_line(&format!("{name}: {} taken out", count(cleared.quotes, "result")));
    Ok(())
}

/// A text that says that it is a runbook; of another one what `check` would say.
fn declared(source: Source) -> Result<Source, Box<Refused>> {
    if declares_runbook(&source.text) {
        return Ok(source);
    }
    read(source).map(|(runbook, _)| runbook.source)
}
