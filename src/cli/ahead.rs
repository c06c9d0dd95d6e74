//! What of going on with a run can be done before its record is read to its end: a long page is read and planned meanwhile.

use super::files;
use super::inputs::inputs_of_record;
use super::plan::Examined;
use crate::annotate::is_same;
use crate::config::Config;
use crate::diagnostic::{Refused, Source};
use crate::event::RunStarted;
use crate::hash::sha256;
use crate::plan::{self, Examination, Inputs, Plan};
use std::path::Path;
use std::sync::mpsc::Receiver;

/// A page that was read, and perhaps planned. Nobody was told or asked anything.
pub struct Ahead {
    page: Result<Examination, Box<Refused>>,
    planned: Option<(Inputs, Plan)>,
}

impl Ahead {
    /// Reads the page at `path`, and plans it with what the record's head says as soon as that comes, and `--param`.
    pub fn of(path: &Path, config: &Config, head: &Receiver<RunStarted>, param: &[String]) -> Self {
        let page = files::read(path).and_then(|source| Examination::begin(source, config));
        let sound = page.as_ref().ok().filter(|page| page.is_sound());
        let planned = sound.and_then(|page| {
            let inputs = inputs_of_record(&head.recv().ok()?, param).ok()?;
            let plan = plan::plan(page.runbook(), config, &inputs).ok()?;
            // It is wanted in any case, and takes as long as the plan.
            plan.hash();
            Some((inputs, plan))
        });
        Self { page, planned }
    }

    /// What there is to say of the page, and the plan. A page whose bytes are the run's own was judged when it began, and one
    /// that differs from the run's own `text` only by results is that text.
    pub fn examined(self, head: &RunStarted, text: &str, config: &Config) -> (Examined, Option<(Inputs, Plan)>) {
        let known = |page: &Examination| sha256(page.runbook().source.text.as_bytes()) == head.runbook_sha256;
        let (page, planned) = match self.page {
            Ok(page) if known(&page) => (Ok(page), self.planned),
            Ok(page) if is_same(&page.runbook().source.text, text) => {
                (Examination::begin(Source::new(&*page.runbook().source.name, text), config), None)
            }
            page => (page.map(|page| page.lint(config)), self.planned),
        };
        (page.and_then(Examination::verdict), planned)
    }

    /// The page's text, as it was read.
    pub fn text(&self) -> Option<String> {
        self.page.as_ref().ok().map(|page| page.runbook().source.text.clone())
    }
}
