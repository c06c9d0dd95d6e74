//! `check --fix`: what can be mended in one way only is mended in the file.

use super::files;
use super::replace::replace;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity, Source, fixed};
use crate::plan::examine;
use std::path::Path;

/// What was found in a file after it was mended, and how much was.
pub struct Mended {
    /// Its text now.
    pub source: Source,
    /// What is left.
    pub found: Vec<Diagnostic>,
    /// How many findings were mended.
    pub mended: usize,
}

/// Mends a file as long as that helps.
///
/// # Errors
///
/// In plain words, if it cannot be written. It is as it was then.
pub fn fix(path: &Path, source: Source, found: Vec<Diagnostic>, config: &Config) -> Result<Mended, String> {
    let (mut now, mut mended) = ((source.clone(), found), 0);
    // A fix may bring another one to light, but not without end.
    for _ in 0..8 {
        let (text, made) = fixed(&now.0, &now.1);
        let next = examined(Source::new(&*source.name, text), config);
        // Without its errors a page is read further, and more may be found in it.
        if made == 0 || (errors(&next.1), next.1.len()) >= (errors(&now.1), now.1.len()) {
            break;
        }
        (now, mended) = (next, mended + made);
    }
    if mended > 0 {
        let same = files::read(path).is_ok_and(|there| there.text == source.text);
        let written = if same {
            replace(path, now.0.text.as_bytes())
        } else {
            Err(std::io::Error::other("it was changed meanwhile"))
        };
        written.map_err(|error| error.to_string())?;
    }
    let (source, found) = now;
    Ok(Mended { source, found, mended })
}

fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|found| found.severity == Severity::Error).count()
}

/// A text and what is to be said of it.
pub fn examined(source: Source, config: &Config) -> (Source, Vec<Diagnostic>) {
    match examine(source, config) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    }
}
