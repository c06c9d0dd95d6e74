//! Findings as an operator sees them.

use super::terminal::{Terminal, eprint_line};
use crate::diagnostic::{Diagnostic, Source, render_text};

/// Findings to standard error, with carets.
pub fn show(source: &Source, found: &[Diagnostic], terminal: &Terminal) {
    for diagnostic in found {
        eprint_line(&render_text(diagnostic, source, terminal.colour()));
        eprint_line("");
    }
}
