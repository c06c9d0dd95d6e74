//! `{{NAME}}` in expectation lines: one plain rule, no template engine (grammar: docs/format.md §4.1).

use std::collections::BTreeMap;

/// A piece of a line: text of the author, or the name of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The author's own text.
    Text(&'a str),
    /// `{{NAME}}`.
    Name(&'a str),
}

/// Splits a line at each `{{NAME}}` whose name `known` accepts. Other `{{…}}` is text; `\{{` is a literal `{{`.
pub fn pieces<'a>(line: &'a str, known: impl Fn(&str) -> bool) -> Vec<Piece<'a>> {
    let mut out = Vec::new();
    let (mut text_start, mut at) = (0, 0);
    while let Some(open) = line[at..].find("{{").map(|found| at + found) {
        if line[..open].ends_with('\\') {
            out.push(Piece::Text(&line[text_start..open - 1]));
            (text_start, at) = (open, open + 2);
            continue;
        }
        let name = line[open + 2..].split_once("}}").map(|(name, _)| name);
        match name.filter(|name| known(name)) {
            Some(name) => {
                out.push(Piece::Text(&line[text_start..open]));
                out.push(Piece::Name(name));
                at = open + 2 + name.len() + 2;
                text_start = at;
            }
            None => at = open + 2,
        }
    }
    out.push(Piece::Text(&line[text_start..]));
    out.retain(|piece| *piece != Piece::Text(""));
    out
}

/// The names in `{{…}}` of a line that could be variables, known or not.
pub fn references(line: &str) -> Vec<&str> {
    let word = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let names = pieces(line, word).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    });
    names.collect()
}

/// The line with the values of `variables` put in, each passed through `escape`.
pub fn fill(line: &str, variables: &BTreeMap<String, String>, escape: impl Fn(&str) -> String) -> String {
    let fill = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name(name) => escape(&variables[name]),
    };
    pieces(line, |name| variables.contains_key(name)).into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_filled_in() {
        let variables = BTreeMap::from([("F".to_owned(), "a.b".to_owned())]);
        let fill = |line| fill(line, &variables, regex::escape);
        assert_eq!(fill("x {{F}}-{{G}} \\{{F}} {{end}} {{"), "x a\\.b-{{G}} {{F}} {{end}} {{");
        assert_eq!(references("{{A}} {{ .Name }} \\{{B}} {{C}}"), ["A", "C"]);
    }
}
