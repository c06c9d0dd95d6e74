//! `stepgate list [PATH]`: the runbooks of a tree.

use super::args::{self, Format};
use super::error::{Exit, Failure};
use super::files;
use super::output::{print, print_json};
use super::terminal::eprint_line;
use crate::plan::plan as make_plan;
use crate::report::simple_table;
use serde::Serialize;
use std::path::Path;

#[derive(Debug, Serialize)]
struct Row {
    runbook: String,
    /// `None` if the runbook has errors.
    title: Option<String>,
    steps: Option<usize>,
    owner: Option<String>,
}

pub fn list(options: &args::List) -> Result<Exit, Failure> {
    if !options.path.exists() {
        return Err(Failure::usage(format!("`{}` does not exist", options.path.display())));
    }
    let rows: Vec<Row> = files::find_runbooks(&options.path).iter().map(|path| row(path)).collect();
    match options.format {
        Format::Json => print_json(&rows)?,
        Format::Human if rows.is_empty() => eprint_line("no runbook was found"),
        Format::Human => {
            print(&simple_table(&["runbook", "steps", "owner", "title"], rows.iter().map(cells).collect()))?;
        }
    }
    Ok(Exit::Success)
}

fn row(path: &Path) -> Row {
    let planned = files::read(path).ok().and_then(|source| make_plan(source).ok());
    let runbook = path.strip_prefix("./").unwrap_or(path).display().to_string();
    match planned {
        Some((planned, _)) => Row {
            runbook,
            title: Some(planned.plan.title),
            steps: Some(planned.plan.steps.len()),
            owner: planned.runbook.owner,
        },
        None => Row { runbook, title: None, steps: None, owner: None },
    }
}

fn cells(row: &Row) -> Vec<String> {
    let dash = || "-".to_owned();
    vec![
        crate::text::escape_line(&row.runbook).into_owned(),
        row.steps.map_or_else(dash, |steps| steps.to_string()),
        row.owner.clone().unwrap_or_else(dash),
        row.title.clone().unwrap_or_else(|| "(has errors: stepgate check)".to_owned()),
    ]
}
