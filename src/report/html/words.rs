//! Sentences and lines as templates take them.

use crate::event::{LinesOf, Piece, Saying, shown_lines};
use serde::Serialize;

/// A piece of a sentence.
#[derive(Debug, Serialize)]
pub struct PieceView {
    text: String,
    code: bool,
    strong: bool,
}

/// A sentence.
pub type WordsView = Vec<PieceView>;

/// Something that is said of a step: a sentence, or lines.
#[derive(Debug, Serialize)]
pub struct SaidView {
    words: Option<WordsView>,
    lines: Option<Vec<LineView>>,
    label: &'static str,
    difference: bool,
}

#[derive(Debug, Serialize)]
struct LineView {
    text: String,
    minus: bool,
    plus: bool,
}

/// A sentence for a template.
pub fn view(words: &[Piece]) -> WordsView {
    let piece = |piece: &Piece| {
        let (text, code, strong) = match piece {
            Piece::Text(text) => (text, false, false),
            Piece::Code(text) => (text, true, false),
            Piece::Strong(text) => (text, false, true),
        };
        PieceView { text: text.clone(), code, strong }
    };
    words.iter().map(piece).collect()
}

/// The same for what is said of a step.
pub fn said(saying: &Saying) -> SaidView {
    match saying {
        Saying::Words(words) => SaidView { words: Some(view(words)), lines: None, label: "", difference: false },
        Saying::Lines(of, text) => lines(*of, text),
    }
}

fn lines(of: LinesOf, text: &str) -> SaidView {
    let difference = of == LinesOf::Difference;
    let line = |text: String| {
        let (minus, plus) = (difference && text.starts_with('-'), difference && text.starts_with('+'));
        LineView { text, minus, plus }
    };
    let label = match of {
        LinesOf::Runbook => "what ran",
        LinesOf::Difference => "what was expected, and what came",
        LinesOf::Output => "output",
    };
    SaidView { words: None, lines: Some(shown_lines(text).map(line).collect()), label, difference }
}
