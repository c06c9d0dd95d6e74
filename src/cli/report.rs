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

/// Whether each of them can be written: a run of an hour must not end without its report for a typing error. None may stand where
/// another report, the `runbook` or the store of the run's `folder` does.
pub fn check_places(reports: &[ReportFile], runbook: &Path, folder: Option<&RunFolder>) -> Result<(), Failure> {
    let store = folder.and_then(|folder| folder.path().ancestors().nth(2)?.canonicalize().ok());
    let mut taken = vec![runbook.to_owned()];
    for ReportFile { path, .. } in reports {
        let refused = |why: &str| {
            let message = format!("the report `{}` cannot be written there", escape_line(&path.display().to_string()));
            Failure::usage(format!("{message}: {why}"))
                .hint("nothing was run; name a file of its own, in a folder that is there")
        };
        let place = place(path).map_err(|why| refused(&why))?;
        if taken.contains(&place) || store.as_ref().is_some_and(|store| place.starts_with(store)) {
            return Err(refused("something else stands there that this run needs"));
        }
        taken.push(place);
    }
    Ok(())
}

/// Where a file lies or will lie.
fn place(path: &Path) -> Result<PathBuf, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (folder, name) = match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) if folder.is_dir() => (folder, name),
        _ => return Err("there is no such folder".to_owned()),
    };
    match std::fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => return Err("it is a folder".to_owned()),
        Ok(data) if !data.is_file() => return Err("it is no regular file".to_owned()),
        _ => {}
    }
    rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).map_err(|error| error.to_string())?;
    Ok(folder.join(name))
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
