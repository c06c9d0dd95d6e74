//! Everything that can be said of a runbook without running it: what planning would refuse, and what looks wrong.

use super::{build, targets, variables};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source};
use crate::lint::{Known, lint};
use crate::runbook::{self, Runbook};

/// Reads the runbook in `source` and looks for whatever would keep it from being planned. Returns it with notes and
/// warnings, or the findings, at least one an error.
pub fn examine(source: Source, config: &Config) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
    Examination::begin(source, config)?.lint(config).verdict()
}

/// A runbook that was read, and what is known to be wrong with it so far.
pub struct Examination {
    runbook: Runbook,
    found: Vec<Diagnostic>,
}

impl Examination {
    /// Reads the runbook in `source`, and looks for what planning would refuse.
    pub fn begin(source: Source, config: &Config) -> Result<Self, Box<Refused>> {
        let (runbook, mut found) = runbook::read(source)?;
        found.extend(build::check(&runbook, config));
        Ok(Self { runbook, found })
    }

    /// The runbook, as far as it was examined.
    pub fn runbook(&self) -> &Runbook {
        &self.runbook
    }

    /// Whether it can be planned.
    pub fn is_sound(&self) -> bool {
        self.found.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
    }

    /// Adds what looks wrong, as bad as `[lint]` says.
    pub fn lint(mut self, config: &Config) -> Self {
        self.found.extend(lints(&self.runbook, config));
        self
    }

    /// The runbook with notes and warnings by place, or the findings, at least one an error.
    pub fn verdict(self) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
        let sound = self.is_sound();
        let Self { runbook, mut found } = self;
        found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
        if sound { Ok((runbook, found)) } else { Err(Refused::new(runbook.source, found)) }
    }
}

/// What looks wrong, as bad as `[lint]` says.
fn lints(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let targets = targets::known(runbook, config).into_iter().filter_map(|(name, target)| Some((name, target?)));
    let known = Known { targets: targets.collect(), captures: variables::names(runbook).into_iter().collect() };
    lint(runbook, &known).into_iter().filter_map(|found| config.levelled(found)).collect()
}
