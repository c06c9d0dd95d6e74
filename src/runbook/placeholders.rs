//! Open placeholders such as `<name>` in a script: to a shell they are redirections (docs/format.md §2).

use super::model::Line;
use super::shell_words::{Token, TokenKind, everywhere, tokens};
use crate::diagnostic::{Code, Diagnostic, Span};

/// The most words in one placeholder: `<name of the host>`.
const MAX_WORDS: usize = 6;

/// Findings on placeholders outside quotes, comments and here-documents; also inside `$(…)`.
pub fn placeholders(script: &[Line]) -> Vec<Diagnostic> {
    if !script.iter().any(|line| line.text.contains('<')) {
        return Vec::new();
    }
    let tokens = tokens(script);
    let lists = everywhere(&tokens);
    lists.into_iter().flat_map(|list| (0..list.len()).filter_map(|at| placeholder(&list[at..]))).collect()
}

fn placeholder(tokens: &[Token]) -> Option<Diagnostic> {
    let (open, rest) = tokens.split_first().filter(|(open, _)| open.text == "<" && open.kind == TokenKind::Operator)?;
    let close = rest.iter().take(MAX_WORDS + 1).position(|token| token.kind != TokenKind::Word)?;
    let (words, behind) = (&rest[..close], &rest[close..]);
    let touches = |a: &Token, b: &Token| a.span.end == b.span.start;
    let plain = |word: &Token| word.text.chars().all(|c| c.is_alphanumeric() || "-_./:'".contains(c));
    let starts = words.first().is_some_and(|word| touches(open, word) && word.text.starts_with(char::is_alphabetic));
    let closes = words.last().is_some_and(|word| touches(word, &behind[0])) && closes(&behind[0], behind.get(1));
    if !(starts && closes && words.iter().all(plain)) {
        return None;
    }
    let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    let message = format!("`<{}>` reads like a placeholder, and is a redirection", texts.join(" "));
    Some(Diagnostic::error(Code::Placeholder, Span::new(open.span.start, behind[0].span.start + 1), message).help(
        "declare a parameter and write \"$NAME\"; if the redirection is meant, put a blank behind `<`, or write the flag `literal`",
    ))
}

/// Whether it is a `>` before a blank, `;`, `|`, `&`, `)` or the end of the line.
fn closes(close: &Token, next: Option<&Token>) -> bool {
    let behind = |next: &Token| next.span.start > close.span.end || next.ends_command() && next.text != "(";
    matches!(close.text.as_str(), ">|" | ">&") || close.text == ">" && next.is_none_or(behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(script: &str) -> Vec<String> {
        let mut at = 0;
        let line = |text: &str| {
            let start = at;
            at += text.len() + 1;
            Line { text: text.to_owned(), span: Span::new(start, start + text.len()) }
        };
        let lines: Vec<_> = script.split('\n').map(line).collect();
        let found = placeholders(&lines);
        found.iter().map(|found| script[found.span.start..found.span.end].to_owned()).collect()
    }

    #[test]
    fn placeholders_are_found_where_a_shell_would_redirect() {
        for (script, wanted) in [
            ("ssh <host>", vec!["<host>"]),
            ("ssh <host>; ls", vec!["<host>"]),
            ("a <your-name> b", vec!["<your-name>"]),
            ("a <your name>", vec!["<your name>"]),
            ("x|y <z>|w", vec!["<z>"]),
            ("(cat <file>)", vec!["<file>"]),
            ("rm <a> <b>&", vec!["<a>", "<b>"]),
            ("a --x=<b>", vec!["<b>"]),
            ("echo \"$(cat <file>)\"", vec!["<file>"]),
            ("echo `cat <file>`", vec!["<file>"]),
            ("ls\nssh <host>\nls", vec!["<host>"]),
            ("cat <<A <<B\n<x>\nA\n<x>\nB\nls <x>", vec!["<x>"]),
            ("cat <in> $out", vec!["<in>"]),
            ("cat <in>& ls", vec!["<in>"]),
            ("curl <https://host/path>", vec!["<https://host/path>"]),
        ] {
            assert_eq!(found(script), wanted, "{script}");
        }
    }

    #[test]
    fn redirections_that_are_meant_are_left_alone() {
        for good in [
            "echo '<host>'",
            "echo \"<host>\"",
            "# <host>",
            "ls # <host>",
            "cat <file",
            "cat < in > out",
            "cat <in >out",
            "cat <in 2> log",
            "cat <in>out",
            "cat <\"$in\"> ",
            "cat <<EOF\n<host>\nEOF",
            "cat <<-'EOF' | x\n<host>\n\tEOF",
            "cat <<<\"$x\"",
            "diff <(a) <(b)",
            "echo \\<host\\>",
            "[ a \\< b ]",
            "echo 'a\n<host> b'",
            "x <a>b",
            "(( a <b ))",
            "echo $((1 <x> 2))",
            "exec 3<>x",
            "a <b\n>c",
        ] {
            assert_eq!(found(good), [""; 0], "{good}");
        }
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(script in "([a-z<>'\"\\\\#$() -]{0,20}\n){0,6}\\PC{0,20}") {
            _ = found(&script);
        }
    }
}
