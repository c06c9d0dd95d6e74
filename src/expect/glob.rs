//! `(glob)` lines: `*` and `?`, `\` escapes, and a run of blanks matches any run of blanks, since tables re-pad.
//!
//! A glob becomes a regex, whose matching is linear.

use super::template::Piece;

/// What a glob is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// Exactly this character.
    Char(char),
    /// `?`: any one.
    One,
    /// `*`: any number of any.
    Run,
    /// Blanks and tabs: at least one of them.
    Blanks,
}

/// The regex of a glob; a variable's value, from `value`, stands for itself.
///
/// # Errors
///
/// The place, in bytes of the line, of a `\` at the end, which escapes nothing.
pub fn to_regex<'v>(pieces: &[(usize, Piece<'_>)], value: impl Fn(&str) -> &'v str) -> Result<String, usize> {
    let mut tokens = Vec::new();
    for (start, piece) in pieces {
        match piece {
            Piece::Text(text) => read(text, &mut tokens).map_err(|at| start + at)?,
            Piece::Braces => tokens.extend([Token::Char('{'); 2]),
            Piece::Name(name) => tokens.extend(value(name).chars().map(Token::Char)),
        }
    }
    // Trailing blanks make no difference, and a line has none when it is matched.
    while let Some(Token::Blanks | Token::Char(' ' | '\t' | '\r')) = tokens.last() {
        tokens.pop();
    }
    Ok(regex(&tokens))
}

/// Whether a glob accepts every line: it is made of `*` only.
pub fn accepts_every_line(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '*')
}

fn read(text: &str, tokens: &mut Vec<Token>) -> Result<(), usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let token = match c {
            '\\' => Token::Char(chars.next().ok_or(at)?.1),
            '*' => Token::Run,
            '?' => Token::One,
            ' ' | '\t' => Token::Blanks,
            c => Token::Char(c),
        };
        if !(matches!(token, Token::Blanks | Token::Run) && tokens.last() == Some(&token)) {
            tokens.push(token);
        }
    }
    Ok(())
}

fn regex(tokens: &[Token]) -> String {
    let mut out = String::from("(?s)");
    for token in tokens {
        match token {
            Token::Char(c) => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            Token::One => out.push('.'),
            Token::Run => out.push_str(".*"),
            Token::Blanks => out.push_str("[ \\t]+"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(glob: &str, line: &str) -> bool {
        let source = to_regex(&[(0, Piece::Text(glob))], |_| "").unwrap();
        regex::Regex::new(&format!("^(?:{source})$")).unwrap().is_match(line)
    }

    #[test]
    fn stars_marks_and_escapes() {
        assert!(
            accepts("*.rs", "a.rs") && accepts("*.rs", ".rs") && !accepts("*.rs", "arrs") && !accepts("*.rs", "a.rsx")
        );
        assert!(accepts("a?c", "aéc") && !accepts("a?c", "ac"));
        assert!(accepts(r"\*\?\\\a", r"*?\a") && !accepts(r"\*", "x"));
        assert!(accepts("", "") && !accepts("", "x") && accepts("**", "\r any"));
    }

    #[test]
    fn a_run_of_blanks_matches_any_run_of_blanks() {
        assert!(accepts("a b  c   ", "a     b\tc") && !accepts("a b", "ab") && !accepts("ab", "a b"));
        assert!(accepts("a\\  b", "a   b") && accepts("a\\ b", "a b") && !accepts("a\\ b", "a  b"));
    }

    #[test]
    fn a_backslash_at_the_end_escapes_nothing() {
        assert_eq!(to_regex(&[(3, Piece::Text("ab\\"))], |_| ""), Err(5));
        let then_value = [(0, Piece::Text("a\\")), (2, Piece::Name("V"))];
        assert_eq!(to_regex(&then_value, |_| "x"), Err(1));
    }

    /// The plain definition, exponential and obviously right.
    fn reference(glob: &[char], line: &[char]) -> bool {
        let blank = |c: &char| *c == ' ';
        match (glob, line) {
            ([], _) => line.is_empty(),
            (['*', rest @ ..], _) => (0..=line.len()).any(|taken| reference(rest, &line[taken..])),
            ([' ', ..], _) => {
                let rest = &glob[glob.iter().take_while(|c| blank(c)).count()..];
                let most = line.iter().take_while(|c| blank(c)).count();
                (1..=most).any(|taken| reference(rest, &line[taken..]))
            }
            (['\\', escaped, rest @ ..], [first, after @ ..]) => escaped == first && reference(rest, after),
            (['?', rest @ ..], [_, after @ ..]) => reference(rest, after),
            ([c, rest @ ..], [first, after @ ..]) => c == first && reference(rest, after),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn it_agrees_with_a_backtracking_matcher(
            glob in prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "?", " ", "\\*", "."]), 0..8),
            line in "[ab* .]{0,8}",
        ) {
            let glob = glob.concat();
            let glob = glob.trim_end_matches(' ');
            let line = line.trim_end_matches(' ');
            let (pattern, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), line.chars().collect());
            prop_assert_eq!(accepts(glob, line), reference(&pattern, &text));
        }
    }
}
