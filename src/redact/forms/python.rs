//! As Python's `repr`, `ascii` and the `repr` of bytes show it.

use std::fmt::Write as _;

/// What stands between the outer quotes.
pub fn forms(text: &str) -> Vec<String> {
    let odd = |c: char| c.is_control() || (c.is_whitespace() && c != ' ') || c == '\u{feff}';
    let mut found = Vec::new();
    // A single quote gets a backslash only where the text has both kinds.
    for quoted in [true, false] {
        found.push(escaped(text, quoted, |c, out| if odd(c) { number(c, out) } else { out.push(c) }));
        found.push(escaped(text, quoted, |c, out| if odd(c) || !c.is_ascii() { number(c, out) } else { out.push(c) }));
        found.push(escaped(text, quoted, |c, out| if odd(c) || !c.is_ascii() { bytes(c, out) } else { out.push(c) }));
    }
    found
}

fn escaped(text: &str, quoted: bool, other: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '\'' if quoted => out.push_str("\\'"),
            c => other(c, &mut out),
        }
    }
    out
}

fn number(c: char, out: &mut String) {
    let code = u32::from(c);
    _ = match code {
        0..0x100 => write!(out, "\\x{code:02x}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn bytes(c: char, out: &mut String) {
    c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(out, "\\x{byte:02x}"));
}

#[cfg(test)]
mod tests {
    use super::forms;
    use proptest::prelude::*;
    use std::process::Command;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn what_a_real_python_shows_is_known(value in "[a'\"\\\\\n\t\u{1b}\u{7f}\u{85}é€😀\u{2028}]{1,12}") {
            let script = "import os,sys\nv=os.environ['v']\nfor x in (repr(v),ascii(v),repr(v.encode())[1:]): sys.stdout.buffer.write(x.encode()+b'\\0')";
            let mut command = Command::new("python3");
            let output = command.args(["-c", script]).env("v", &value).env("LC_ALL", "C.UTF-8").output().unwrap();
            let shown = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(shown.matches('\0').count(), 3, "{}", String::from_utf8_lossy(&output.stderr));
            for shown in shown.split_terminator('\0') {
                let inner = &shown[1..shown.len() - 1];
                prop_assert!(forms(&value).iter().any(|form| form == inner), "{shown}");
            }
        }
    }
}
