//! `stepgate audit show RUN`: what an auditor asks about one run.

use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::past::Past;
use super::super::ssh::AllowedSigners;
use super::super::terminal::Terminal;
use super::args::{self, ShowFormat};
use super::verify::allowed_signers;
use crate::annotate::{Evidence, evidence};
use crate::report::{evidence_json, findings_text, run_table};

/// The command.
pub fn show(options: &args::Show, terminal: &Terminal) -> Result<Exit, Failure> {
    let signatures = AllowedSigners { file: allowed_signers(options.allowed_signers.as_ref(), terminal)? };
    let past = Past::read(options.run.as_deref(), options.store.as_ref(), &signatures)?;
    let (state, finding, runbook) = (&past.reading.state, &past.finding, past.runbook.as_ref());
    match options.format {
        ShowFormat::Markdown => print(&evidence(&Evidence { state, finding, runbook }))?,
        ShowFormat::Json => print_json(&evidence_json(state, finding, runbook))?,
        ShowFormat::Human => {
            let table = run_table(state, false, &terminal.output_styles(), terminal.output_width());
            let found = findings_text(std::slice::from_ref(finding), &terminal.output_styles());
            print(&format!("{table}\n{found}"))?;
        }
    }
    Ok(if finding.doubts.is_empty() { Exit::Success } else { Exit::Failure })
}
