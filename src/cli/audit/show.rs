//! `stepgate audit show RUN`: what an auditor asks about one run.

use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::past::Past;
use super::super::ssh::AllowedSigners;
use super::super::terminal::Terminal;
use super::args::{self, ShowFormat};
use super::verify::allowed_signers;
use crate::annotate::{Evidence, evidence};
use crate::event::RunState;
use crate::report::{evidence_json, findings_text, run_table};
use crate::text::escape_line;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Who did what, when and where, and what was given.
fn facts(state: &RunState) -> String {
    let Some(header) = &state.header else { return String::new() };
    let time =
        |at: Option<Timestamp>| at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    let map = |values: &BTreeMap<String, String>, between: &str| {
        values.iter().map(|(name, value)| format!("{name}{between}{value}")).collect::<Vec<_>>().join(", ")
    };
    let profile = header.profile.iter().map(|profile| format!(", profile {profile}")).collect::<String>();
    let parts = state.parts.iter().flat_map(|part| &part.overrides);
    let overrides: Vec<_> = header.overrides.iter().chain(parts).map(String::as_str).collect();
    let rows = [
        ("what", format!("{}, {}{profile}", header.title, header.runbook)),
        ("plan", header.plan.to_string()),
        ("who", header.operator.clone()),
        ("when", format!("{} to {}", time(state.started), time(state.last))),
        ("where", map(&header.targets, " = ")),
        ("parameters", map(&state.params, "=")),
        ("given", overrides.join(", ")),
    ];
    let lines = rows.iter().filter(|(_, text)| !text.is_empty());
    lines.map(|(what, text)| format!("{what:12}{}\n", escape_line(text))).collect()
}

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
            print(&format!("{}\n{table}\n{found}", facts(state)))?;
        }
    }
    Ok(if finding.doubts.is_empty() { Exit::Success } else { Exit::Failure })
}
