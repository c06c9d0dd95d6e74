//! Sentences in pieces, so that each view can set them apart in its own way and knows what came from outside.

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words, some of which may be somebody else's.
    Text(String),
    /// A name, a value, a command: as it is.
    Code(String),
    /// What the eye should meet first.
    Strong(String),
}

/// A sentence.
pub type Words = Vec<Piece>;

/// Plain words.
pub fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

/// A name, a value, a command.
pub fn code(text: impl Into<String>) -> Piece {
    Piece::Code(text.into())
}

/// What the eye should meet first.
pub fn strong(text: impl Into<String>) -> Piece {
    Piece::Strong(text.into())
}

/// A sentence of stepgate's own in which code stands between backticks; whatever is in it stays text.
pub fn ticked(sentence: &str) -> Words {
    let pieces: Vec<_> = sentence.split('`').collect();
    // An odd backtick came with a value: then nobody knows what is code.
    if pieces.len() % 2 == 0 || sentence.contains("``") {
        return vec![text(sentence)];
    }
    let piece = |(at, piece): (usize, &&str)| if at % 2 == 1 { code(*piece) } else { text(*piece) };
    pieces.iter().enumerate().map(piece).collect()
}
