//! Reports in files.

use super::args::ReportFile;
use super::error::{Exit, Failure};
use super::replace::replace;
use crate::text::escape_line;
use std::path::Path;

/// Whether there is a folder for each of them: a run of an hour must not end without its report for a typing error.
pub fn check_places(reports: &[ReportFile]) -> Result<(), Failure> {
    for ReportFile(path) in reports {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() || path.is_dir() {
            let message = format!("the report `{}` cannot be written there", escape_line(&path.display().to_string()));
            return Err(Failure::usage(message).hint("nothing was run; name a file in a folder that is there"));
        }
    }
    Ok(())
}

/// Writes one.
pub fn write(ReportFile(path): &ReportFile, text: &str) -> Result<(), Failure> {
    replace(path, text.as_bytes()).map_err(|error| {
        let name = path.display().to_string();
        Failure::new(Exit::Failure, format!("the report `{}` cannot be written: {error}", escape_line(&name)))
    })
}
