//! Which runs of a store are asked for, by what the ledger says of them.

use crate::event::RunVerdict;
use crate::journal::{Listed, Listing};
use jiff::Timestamp;

/// What runs must be. What is empty asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A part of the runbook's path or title.
    pub runbook: Option<String>,
    /// Where they stand, one of these.
    pub verdicts: Vec<RunVerdict>,
    /// A part of who began them, as `user@host`.
    pub operator: Option<String>,
    /// When they began, or later.
    pub since: Option<Timestamp>,
    /// Before when they began.
    pub until: Option<Timestamp>,
    /// The profile.
    pub profile: Option<String>,
}

impl Wanted {
    /// Those runs, the newest first, each with where it stands, which `standing` says.
    pub fn of<'l>(
        &self,
        listing: &'l Listing,
        standing: impl Fn(&Listed) -> RunVerdict,
    ) -> impl Iterator<Item = (&'l Listed, RunVerdict)> {
        let fits = listing.runs.iter().rev().filter(|listed| self.fits(listed));
        let stands = fits.map(move |listed| (listed, standing(listed)));
        stands.filter(|(_, verdict)| self.verdicts.is_empty() || self.verdicts.contains(verdict))
    }

    fn fits(&self, listed: &Listed) -> bool {
        let part = |part: &Option<String>, texts: &[&str]| {
            part.as_ref().is_none_or(|part| texts.iter().any(|text| text.contains(part.as_str())))
        };
        part(&self.runbook, &[&listed.runbook, &listed.runbook_path, &listed.title])
            && part(&self.operator, &[&listed.operator])
            && self.since.is_none_or(|since| listed.began >= since)
            && self.until.is_none_or(|until| listed.began < until)
            && (self.profile.is_none() || self.profile == listed.profile)
    }
}
