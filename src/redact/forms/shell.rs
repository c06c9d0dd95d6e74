//! As shells write a word: in single quotes, in double quotes, with backslashes, in `$'…'`.

use std::fmt::Write as _;

/// They mean something to bash itself, which shows them without a backslash.
const INNER: [char; 2] = ['\u{1}', '\u{7f}'];

/// What stands between the outer quotes.
pub fn forms(text: &str) -> Vec<String> {
    let plain = |c: char| c.is_alphanumeric() || "_-./=:@%+,".contains(c);
    let percent = percent_q(text);
    let dollar = dollar_quoted(text, char::is_control);
    let octal = dollar_quoted(text, |c| c.is_control() || !c.is_ascii());
    vec![
        // What `set -x` makes of a word that was quoted before (`"${v@Q}"`, `$(printf %q "$v")`).
        single(&single(text)),
        single(&percent),
        single(&dollar),
        single(&octal),
        // What `set -x` shows of a pattern in `[[ … ]]`, and of a regular expression.
        escaped(text, |c| !INNER.contains(&c)),
        escaped(text, |c| ".[]{}()*+?^$|\\".contains(c)),
        without_outer(text, &single(text)).to_owned(),
        without_outer(text, &text.replace('\'', "'\"'\"'")).to_owned(),
        without_outer(text, &quoted_runs(text)).to_owned(),
        escaped(text, |c| "$`\"\\".contains(c)),
        escaped(text, |c| "$`\"\\!".contains(c)),
        escaped(text, |c| !plain(c)),
        percent,
        dollar,
        octal,
    ]
}

/// As `set -x` shows a pattern in `[[ … ]]` where the locale knows no longer characters: it takes them for several.
pub fn byte_by_byte(text: &str) -> Vec<u8> {
    let escape = |byte| (!INNER.contains(&char::from(byte))).then_some(b'\\');
    text.bytes().flat_map(|byte| [escape(byte), Some(byte)]).flatten().collect()
}

/// Every quote ends the quotes and begins them anew.
fn single(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// Some shells write no empty quotes before a quote at the start, or behind one at the end.
fn without_outer<'q>(text: &str, quoted: &'q str) -> &'q str {
    let quoted = if text.starts_with('\'') { &quoted[1..] } else { quoted };
    if text.ends_with('\'') { &quoted[..quoted.len() - 1] } else { quoted }
}

/// As dash does: all quotes that stand together in one pair of double quotes.
fn quoted_runs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\'') {
        let behind = rest[at..].trim_start_matches('\'');
        let run = &rest[at..rest.len() - behind.len()];
        out.extend([&rest[..at], "'\"", run, "\"'"]);
        rest = behind;
    }
    out + rest
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    text.chars().flat_map(|c| [special(c).then_some('\\'), Some(c)]).flatten().collect()
}

/// bash's `printf %q`: a tilde means something at the start, and behind `:` and `=`; a `#` at the start.
fn percent_q(text: &str) -> String {
    let mut before = None;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let special = match c {
            '~' => matches!(before, None | Some(':' | '=')),
            '#' => before.is_none(),
            c => " \t\n!\"$&'()*,;<>?[\\]^`{|}".contains(c),
        };
        out.extend([special.then_some('\\'), Some(c)].into_iter().flatten());
        before = Some(c);
    }
    out
}

/// Inside `$'…'`; what is `odd` and has no letter of its own byte by byte in octal, as bash does.
fn dollar_quoted(text: &str, odd: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\E"),
            '\'' | '\\' => out.extend(['\\', c]),
            c if odd(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(out, "\\{byte:03o}")),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{SHORT, has_short_line};
    use crate::redact::Redactor;
    use proptest::prelude::*;
    use std::process::Command;

    /// What a real shell prints, with the value in `$v`.
    fn printed(shell: &str, script: &str, locale: &str, value: &str) -> Vec<u8> {
        let mut command = Command::new(shell);
        command.args(["-c", script]).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", locale).env("v", value);
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.is_empty(), "{shell} {script}");
        printed
    }

    /// What is left when the value is masked, with the quotes around it taken for nothing.
    fn left(value: &str, printed: &[u8]) -> String {
        let redactor = Redactor::default();
        redactor.add("V", value).unwrap();
        let mask = redactor.redact(value).into_owned();
        let quote = |c: char| "'\"\\$".contains(c);
        let redacted = String::from_utf8_lossy(&redactor.redact_bytes(printed)).replace(&mask, "M");
        let (before, behind) = redacted.split_once('M').unwrap_or((&redacted, ""));
        format!("{}M{}", before.trim_end_matches(quote), behind.trim_start_matches(quote))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn what_real_shells_print_holds_no_part_of_it(value in "[a~#='\"\\\\$` \n\t!:/é\u{85}\u{1b}\u{7f}*(\\[{,x-]{4,14}") {
            // What is short is masked wherever it stands, also in the words around the value, which share few letters with it.
            prop_assume!(value.trim().len() >= SHORT && !has_short_line(&value));
            let percent = "printf '%q\\n' \"$v\"";
            let declared = "declare -p v";
            let exported = "export -p | sed '/^export [A-Z]/d'";
            for (shell, script, expected, locale) in [
                ("bash", percent, "M\n", "C.UTF-8"),
                ("bash", percent, "M\n", "C"),
                ("bash", "printf '%s\\n' \"${v@Q}\"", "M\n", "C.UTF-8"),
                ("bash", declared, "declare -x v=M\n", "C.UTF-8"),
                ("bash", declared, "declare -x v=M\n", "C"),
                ("bash", "set -x; : \"$v\"", "+ : M\n", "C.UTF-8"),
                ("bash", "set -x; [[ QQ == \"$v\" ]]", "+ [[ QQ == M ]]\n", "C.UTF-8"),
                ("bash", "set -x; [[ QQ == \"$v\" ]]", "+ [[ QQ == M ]]\n", "C"),
                ("bash", "set -x; [[ QQ =~ \"$v\" ]]", "+ [[ QQ =~ M ]]\n", "C.UTF-8"),
                ("bash", "set -x; : \"${v@Q}\"", "+ : M\n", "C.UTF-8"),
                ("bash", "v=$(printf %q \"$v\"); set -x; : \"$v\"", "+ : M\n", "C.UTF-8"),
                ("bash", "set | sed -n '/^v=/,$p'", "v=M\n", "C.UTF-8"),
                ("dash", exported, "export v=M\n", "C"),
            ] {
                let printed = printed(shell, script, locale, &value);
                prop_assert_eq!(left(&value, &printed), expected, "{:?} {} {} {:?}", value, shell, script, String::from_utf8_lossy(&printed));
            }
        }
    }
}
