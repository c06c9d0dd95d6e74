//! Everything that can be said of a runbook without running it: what planning would refuse, and what looks wrong.

use super::{build, targets, variables};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source};
use crate::lint::{Known, lint};
use crate::runbook::{self, Runbook};

/// Reads the runbook in `source` and looks for whatever would keep it from being planned. Returns it with notes and
/// warnings, or the findings, at least one an error.
pub fn examine(source: Source, config: &Config) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
    let (runbook, mut found) = runbook::read(source)?;
    found.extend(build::check(&runbook, config));
    found.extend(lints(&runbook, config));
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    match found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        true => Err(Refused::new(runbook.source, found)),
        false => Ok((runbook, found)),
    }
}

/// What looks wrong, as bad as `[lint]` says.
fn lints(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let targets = targets::known(runbook, config).into_iter().filter_map(|(name, target)| Some((name, target?)));
    let known = Known { targets: targets.collect(), captures: variables::names(runbook).into_iter().collect() };
    let mut found = lint(runbook, &known);
    for changed in &config.lint {
        match changed.level.severity() {
            None => found.retain(|diagnostic| diagnostic.code != changed.code),
            Some(severity) => {
                found.iter_mut().filter(|found| found.code == changed.code).for_each(|found| found.severity = severity);
            }
        }
    }
    found
}
