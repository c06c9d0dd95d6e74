//! Tables for the terminal.

use super::styles::{Styles, paint};
use crate::event::{RunState, criterion_rows, headline, step_rows};
use crate::text::escape_line;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr as _;

/// The end of a run: its steps, its criteria, its verdict; or, if its record broke off, words that say so. `screen` is the
/// number of columns that a terminal has.
pub fn run_table(state: &RunState, broken: bool, styles: &Styles, screen: Option<usize>) -> String {
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
    let mut out = table(&["step", "on", "result", "took", "note"], cells.collect(), styles, screen);
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
        out.push_str(&table(&["criterion", "verdict", "what", "by"], cells.collect(), styles, screen));
    }
    let (words, after) = match broken {
        true => ("Not recorded to its end".to_owned(), String::new()),
        false => headline(state),
    };
    let run = state.header.as_ref().map_or("", |header| &header.run);
    let after = escape_line(&after);
    out.push_str(&format!("\n{}{after} · run {run}\n", paint(&words, styles.name)));
    out
}

/// A table without colours.
pub fn simple_table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let cells = |row: Vec<String>| row.into_iter().map(|cell| (cell, Style::new())).collect();
    table(head, rows.into_iter().map(cells).collect(), &Styles::default(), None)
}

/// Cells that are too wide for the screen are folded, the widest columns first: a row may take several lines.
fn table(head: &[&str], rows: Vec<Vec<(String, Style)>>, styles: &Styles, screen: Option<usize>) -> String {
    let head: Vec<_> = head.iter().map(|word| ((*word).to_owned(), styles.dim)).collect();
    let rows: Vec<Vec<(String, Style)>> = std::iter::once(head)
        .chain(rows)
        .map(|row| row.into_iter().map(|(text, style)| (escape_line(&text).into_owned(), style)).collect())
        .collect();
    let columns = rows[0].len();
    let widths = (0..columns).map(|at| rows.iter().map(|row| row[at].0.width()).max().unwrap_or(0)).collect();
    let widths = fitted(widths, &least(&rows), screen);
    rows.iter().flat_map(|row| folded(row, &widths)).map(|line| line + "\n").collect()
}

const GAP: usize = 2;
/// A word that is longer than this, in columns of the screen, may be broken.
const LONG_WORD: usize = 32;

/// How wide each column must be for its words: a name that is broken cannot be copied.
fn least(rows: &[Vec<(String, Style)>]) -> Vec<usize> {
    let longest = |text: &str| text.split(' ').map(|word| word.width().min(LONG_WORD)).max().unwrap_or(0);
    (0..rows[0].len()).map(|at| rows.iter().map(|row| longest(&row[at].0)).max().unwrap_or(0)).collect()
}

/// The widths of the columns, such that a row fits on the screen if it can. If it cannot, the terminal breaks the lines.
fn fitted(mut widths: Vec<usize>, least: &[usize], screen: Option<usize>) -> Vec<usize> {
    let Some(screen) = screen else { return widths };
    loop {
        let over = (widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)).saturating_sub(screen);
        let widest =
            widths.iter_mut().zip(least).filter(|(width, least)| **width > **least).max_by_key(|(width, _)| **width);
        let Some((width, least)) = widest.filter(|_| over > 0) else { return widths };
        // A few columns at a time, so that two wide ones give alike.
        *width = width.saturating_sub(over.min(4)).max(*least);
    }
}

/// The lines of one row.
fn folded(row: &[(String, Style)], widths: &[usize]) -> Vec<String> {
    if row.iter().zip(widths).all(|((text, _), width)| text.width() <= *width) {
        return vec![one_line(row, widths)];
    }
    // A name is not broken at its hyphens.
    let wrap = |text, width: usize| {
        textwrap::wrap(text, textwrap::Options::new(width.max(1)).word_splitter(textwrap::WordSplitter::NoHyphenation))
    };
    let cells: Vec<_> = row.iter().zip(widths).map(|((text, _), width)| wrap(text.as_str(), *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let pieces = cells.iter().zip(row).zip(widths).map(|((cell, (_, style)), width)| {
            let text = cell.get(at).map_or("", |text| text.trim_end());
            let painted = if text.is_empty() { String::new() } else { paint(text, *style) };
            painted + &" ".repeat(width.saturating_sub(text.width()) + GAP)
        });
        pieces.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A row of which every cell fits.
fn one_line(row: &[(String, Style)], widths: &[usize]) -> String {
    let mut line = String::new();
    for ((text, style), width) in row.iter().zip(widths) {
        let text = text.trim_end();
        if !text.is_empty() {
            line.push_str(&paint(text, *style));
        }
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width()) + GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(rows: &[[&str; 3]], screen: Option<usize>) -> String {
        let cells = |row: &[&str; 3]| row.iter().map(|cell| ((*cell).to_owned(), Style::new())).collect();
        table(&["id", "what", "by"], rows.iter().map(cells).collect(), &Styles::default(), screen)
    }

    const ROWS: [[&str; 3]; 2] =
        [["AC1", "snapshots are enabled at the place", "configured, in-force"], ["AC2", "short", "one"]];

    #[test]
    fn a_table_that_fits_or_has_no_screen_has_a_line_a_row() {
        let whole = "id   what                                by\n\
                     AC1  snapshots are enabled at the place  configured, in-force\n\
                     AC2  short                               one\n";
        assert_eq!((plain(&ROWS, None).as_str(), plain(&ROWS, Some(61)).as_str()), (whole, whole));
    }

    #[test]
    fn a_table_that_is_too_wide_folds_its_widest_columns_at_blanks() {
        let folded = "id   what                     by\n\
                      AC1  snapshots are enabled    configured, in-force\n     \
                      at the place\n\
                      AC2  short                    one\n";
        assert_eq!(plain(&ROWS, Some(50)), folded);
        assert!(plain(&ROWS, Some(40)).lines().all(|line| line.width() <= 40), "{}", plain(&ROWS, Some(40)));
    }

    #[test]
    fn a_screen_of_no_width_ends_nothing_and_loses_nothing() {
        let words = |text: &str| text.split_whitespace().map(str::len).sum::<usize>();
        assert_eq!(words(&plain(&ROWS, Some(0))), words(&plain(&ROWS, None)));
    }
}
