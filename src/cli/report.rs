//! Reports in files.

use super::args::ReportFile;
use super::error::{Exit, Failure};
use super::log::Recorded;
use super::past::Place;
use super::replace::replace;
use super::view::View;
use crate::event::RunState;
use crate::journal::RunFolder;
use crate::report::Journal;
use crate::runbook::Runbook;
use crate::text::escape_line;
use std::path::{Path, PathBuf};

/// Whether there is a folder for each of them: a run of an hour must not end without its report for a typing error.
pub fn check_places(reports: &[ReportFile]) -> Result<(), Failure> {
    for ReportFile { path, .. } in reports {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() || path.is_dir() {
            let message = format!("the report `{}` cannot be written there", escape_line(&path.display().to_string()));
            return Err(Failure::usage(message).hint("nothing was run; name a file in a folder that is there"));
        }
    }
    Ok(())
}

/// Writes the reports of a run that is over: what its record in `folder` says, as `log` would, or what is known of it if no
/// record is kept. The first failure, if one cannot be written.
pub fn write_all(
    reports: &[ReportFile],
    state: &RunState,
    (folder, store): (Option<&RunFolder>, Option<&PathBuf>),
    runbook: &Runbook,
) -> Option<Failure> {
    if reports.is_empty() {
        return None;
    }
    let recorded = folder.map(|folder| recorded(folder, store));
    let view = match &recorded {
        Some(Ok(recorded)) => recorded.view(),
        unread => {
            let doubt = unread.is_some().then(|| "the record cannot be read again".to_owned());
            let journal = Journal { doubts: doubt.into_iter().collect(), head: None };
            View { state, runbook: Ok(runbook), folder, journal }
        }
    };
    let written = reports.iter().map(|report| write(&report.path, &view.text(report.format)?));
    written.fold(None, |first, written| first.or(written.err()))
}

fn recorded<'f>(folder: &'f RunFolder, store: Option<&PathBuf>) -> Result<Recorded<'f>, Failure> {
    Recorded::read(&Place::store(store)?, folder)
}

/// Writes one.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, text.as_bytes()).map_err(|error| {
        let name = path.display().to_string();
        Failure::new(Exit::Failure, format!("the report `{}` cannot be written: {error}", escape_line(&name)))
    })
}
