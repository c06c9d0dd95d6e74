//! `{{NAME}}` in expectation lines: one plain rule, no template engine (grammar: docs/format.md §4.1).
//!
//! A run of backslashes before `{{` is read by itself: an odd one means that the braces are literal.

use std::collections::BTreeMap;

/// A piece of a line: text of the author, or the name of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The author's own text.
    Text(&'a str),
    /// `\{{`: a literal `{{`.
    Braces,
    /// `{{NAME}}`.
    Name(&'a str),
}

/// Who reads the backslashes in pairs before a `{{`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// This rule: `\\{{` is one backslash, then the braces.
    Halved,
    /// The line's own syntax, in which `\\` is a backslash, too.
    Kept,
}

/// Splits a line at each `{{NAME}}` whose name `known` accepts, each piece with its first byte in the line. Other `{{…}}`
/// is text; `\{{` is a literal `{{`.
pub fn pieces<'a>(line: &'a str, pairs: Pairs, known: impl Fn(&str) -> bool) -> Vec<(usize, Piece<'a>)> {
    let mut out = Vec::new();
    let (mut text_start, mut at) = (0, 0);
    while let Some(open) = line[at..].find("{{").map(|found| at + found) {
        let before = &line[text_start..open];
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        let dropped = if pairs == Pairs::Halved { backslashes.div_ceil(2) } else { backslashes % 2 };
        let name = word_in_braces(&line[open + 2..]).filter(|name| known(name));
        let (piece, end) = match name {
            _ if backslashes % 2 == 1 => (Piece::Braces, open + 2),
            Some(name) => (Piece::Name(name), open + 2 + name.len() + 2),
            None if dropped > 0 => (Piece::Text(&line[open..open + 1]), open + 1),
            None => {
                at = open + 1;
                continue;
            }
        };
        out.push((text_start, Piece::Text(&line[text_start..open - dropped])));
        out.push((open, piece));
        (text_start, at) = (end, end);
    }
    out.push((text_start, Piece::Text(&line[text_start..])));
    out.retain(|(_, piece)| *piece != Piece::Text(""));
    out
}

/// The word that a `}}` follows. Nothing else can be a name, and a line of braces is not searched again at each of them.
fn word_in_braces(rest: &str) -> Option<&str> {
    let end = rest.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))?;
    (end > 0 && rest[end..].starts_with("}}")).then(|| &rest[..end])
}

/// The names in `{{…}}` of a line that could be variables, known or not.
pub fn references(line: &str) -> Vec<&str> {
    placed_references(line).into_iter().map(|(_, name)| name).collect()
}

/// The same, each with the first byte of its braces in the line.
pub fn placed_references(line: &str) -> Vec<(usize, &str)> {
    let names = pieces(line, Pairs::Kept, |_| true).into_iter().filter_map(|(at, piece)| match piece {
        Piece::Name(name) => Some((at, name)),
        Piece::Text(_) | Piece::Braces => None,
    });
    names.collect()
}

/// The line with the values of `variables` put in, each passed through `escape`.
pub fn fill(line: &str, variables: &BTreeMap<String, String>, escape: impl Fn(&str) -> String) -> String {
    let fill = |(_, piece)| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Braces => "{{".to_owned(),
        Piece::Name(name) => escape(&variables[name]),
    };
    pieces(line, Pairs::Halved, |name| variables.contains_key(name)).into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(line: &str) -> String {
        fill(line, &BTreeMap::from([("F".to_owned(), "a.b".to_owned())]), regex::escape)
    }

    #[test]
    fn only_known_names_are_filled_in() {
        assert_eq!(filled("x {{F}}-{{G}} \\{{F}} {{end}} {{"), "x a\\.b-{{G}} {{F}} {{end}} {{");
        assert_eq!(filled("{{{F}}} {{F}}}} {{}} {{F}"), "{a\\.b} a\\.b}} {{}} {{F}");
        assert_eq!(references("{{A}} {{ .Name }} \\{{B}} {{C}}"), ["A", "C"]);
    }

    #[test]
    fn backslashes_before_braces_are_read_in_pairs() {
        assert_eq!(filled(r"C:\\{{F}} \\\{{F}} \\{{G}} \a\\b"), r"C:\a\.b \{{F}} \{{G}} \a\\b");
        let kept = |line| pieces(line, Pairs::Kept, |name| name == "F");
        assert_eq!(kept(r"\\{{F}}"), [(0, Piece::Text(r"\\")), (2, Piece::Name("F"))]);
        assert_eq!(kept(r"\\\{{F}}"), [(0, Piece::Text(r"\\")), (3, Piece::Braces), (5, Piece::Text("F}}"))]);
    }

    #[test]
    fn a_piece_knows_where_it_stands() {
        let got = pieces("é{{F}}b{{F}}", Pairs::Halved, |_| true);
        let want = [(0, Piece::Text("é")), (2, Piece::Name("F")), (7, Piece::Text("b")), (8, Piece::Name("F"))];
        assert_eq!(got, want);
    }
}
