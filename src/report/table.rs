//! Tables for the terminal.

use super::styles::{Styles, paint};
use crate::event::{RunState, criterion_rows, headline, step_rows};
use crate::text::escape_line;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr as _;

/// The end of a run: its steps, its criteria, its verdict; or, if its record broke off, words that say so.
pub fn run_table(state: &RunState, broken: bool, styles: &Styles) -> String {
    let steps = step_rows(state);
    let cells = steps.iter().map(|row| {
        let status = styles.status(row.status);
        vec![
            (row.name.clone(), styles.name),
            (row.place.clone(), Style::new()),
            (row.result.clone(), status),
            (row.took.clone(), Style::new()),
            (row.note.clone(), styles.dim),
        ]
    });
    let mut out = table(&["step", "on", "result", "took", "note"], cells.collect(), styles);
    let criteria = criterion_rows(state);
    if !criteria.is_empty() {
        let cells = criteria.iter().map(|row| {
            let by = row.steps.join(", ");
            vec![
                (row.id.clone(), styles.name),
                (row.verdict.as_str().to_owned(), styles.criterion(row.verdict)),
                (row.text.clone(), Style::new()),
                (by, styles.dim),
            ]
        });
        out.push('\n');
        out.push_str(&table(&["criterion", "verdict", "what", "by"], cells.collect(), styles));
    }
    let (words, after) = match broken {
        true => ("Not recorded to its end".to_owned(), String::new()),
        false => headline(state),
    };
    let run = state.header.as_ref().map_or("", |header| &header.run);
    out.push_str(&format!("\n{}{after} · run {run}\n", paint(&words, styles.name)));
    out
}

/// A table without colours.
pub fn simple_table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let cells = |row: Vec<String>| row.into_iter().map(|cell| (cell, Style::new())).collect();
    table(head, rows.into_iter().map(cells).collect(), &Styles::default())
}

fn table(head: &[&str], rows: Vec<Vec<(String, Style)>>, styles: &Styles) -> String {
    let head: Vec<_> = head.iter().map(|word| ((*word).to_owned(), styles.dim)).collect();
    let rows: Vec<Vec<(String, Style)>> = std::iter::once(head)
        .chain(rows)
        .map(|row| row.into_iter().map(|(text, style)| (escape_line(&text).into_owned(), style)).collect())
        .collect();
    let columns = rows[0].len();
    let widths: Vec<_> = (0..columns).map(|at| rows.iter().map(|row| row[at].0.width()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for ((text, style), width) in row.iter().zip(&widths) {
            let gap = " ".repeat(width - text.width() + 2);
            line.push_str(&if text.is_empty() { String::new() } else { paint(text, *style) });
            line.push_str(&gap);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
