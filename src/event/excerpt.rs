//! What a view shows of a stream that the record keeps in a file.

/// A stream's text, or its first and last lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, or its beginning.
    pub head: String,
    /// Its end, if there is something between.
    pub tail: Option<String>,
}
