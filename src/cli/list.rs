//! `stepgate list [PATH]`: the runbooks of a tree.

use super::args::{self, Format};
use super::configuration;
use super::error::{Exit, Failure};
use super::files;
use super::output::{print, print_json};
use super::terminal::{Terminal, eprint_line};
use crate::config::Config;
use crate::plan::examine;
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

pub fn list(options: &args::List, terminal: &Terminal) -> Result<Exit, Failure> {
    if !options.path.exists() {
        return Err(Failure::usage(format!("`{}` does not exist", options.path.display())));
    }
    let config = configuration::load(terminal)?;
    let rows: Vec<Row> = files::find_markdown(&options.path).iter().filter_map(|path| row(path, &config)).collect();
    match options.format {
        Format::Json => print_json(&rows)?,
        Format::Human if rows.is_empty() => eprint_line("no runbook was found"),
        Format::Human => {
            print(&simple_table(&["runbook", "steps", "owner", "title"], rows.iter().map(cells).collect()))?;
        }
    }
    Ok(Exit::Success)
}

/// `None` if the file is no runbook.
fn row(path: &Path, config: &Config) -> Option<Row> {
    let read = files::read_found(path)?.and_then(|source| examine(source, config)).ok();
    let runbook = path.strip_prefix("./").unwrap_or(path).display().to_string();
    Some(match read {
        Some((read, _)) => Row { runbook, title: Some(read.title), steps: Some(read.items.len()), owner: read.owner },
        None => Row { runbook, title: None, steps: None, owner: None },
    })
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
