//! Everything that can be said of a runbook without running it: what planning would refuse, and what looks wrong.

use super::build;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source};
use crate::runbook::{self, Runbook};

/// Reads the runbook in `source` and looks for whatever would keep it from being planned. Returns it with notes and
/// warnings, or the findings, at least one an error.
pub fn examine(source: Source, config: &Config) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
    let (runbook, mut found) = runbook::read(source)?;
    found.extend(build::check(&runbook, config));
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    match found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        true => Err(Refused::new(runbook.source, found)),
        false => Ok((runbook, found)),
    }
}
