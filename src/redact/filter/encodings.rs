//! Base64 and hex of a secret, inside a longer text and with lines of any length.

use super::tests::{redactor, streamed};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

/// Words and signs, and no run of a sign that hides nothing.
const VALUE: &str = "([a-zA-Z0-9é]{1,3}[ -~]{1,2}){3,19}[a-zA-Z]";

fn wrapped(text: &str, width: usize, line_end: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
    lines.join(line_end)
}

/// The letters that the value alone decides: from the first to before the second.
fn certain(before: usize, value: usize, bits: usize) -> (usize, usize) {
    ((before * 8).div_ceil(bits), (before + value) * 8 / bits)
}

/// Whether no letter between these two is left.
fn hidden(text: &str, (first, end): (usize, usize), shown: &[u8]) -> bool {
    let shown: String = String::from_utf8_lossy(shown).chars().filter(|c| !"\r\n \t".contains(*c)).collect();
    // A secret such as `a[s` has a mask of its own.
    let shown = shown.replace("•••", "[secret]");
    let masks: Vec<_> = shown.split("[secret]").collect();
    let ([before, between @ .., behind], true) = (&masks[..], masks.len() > 1) else { return false };
    before.len() <= first && behind.len() <= text.len() - end && between.iter().all(|left| left.is_empty())
}

/// Whether a window of these letters stands in a line that is redacted by itself.
fn line_holds(letters: &str, window: usize, line: &str) -> bool {
    letters.as_bytes().windows(window).any(|window| line.contains(std::str::from_utf8(window).unwrap()))
}

#[test]
fn a_margin_or_short_lines_hide_no_letter() {
    let value = "hunter22-and-more".to_owned();
    let text = STANDARD.encode(format!("user:{value}!"));
    let letters = certain(5, value.len(), 6);
    for (width, line_end) in [(8, "\n"), (9, "\r\n"), (13, "\n    "), (20, "\r\n\t"), (76, "\n")] {
        let text_of_lines = wrapped(&text, width, line_end);
        let shown = redactor(std::slice::from_ref(&value)).redact(&text_of_lines).into_owned();
        assert!(hidden(&text, letters, shown.as_bytes()), "{width}: {shown}");
    }
}

#[test]
fn what_looks_alike_in_any_text_is_left_in_others() {
    let value = format!("a:\n{}hunter22\n{}\n", " ".repeat(20), "-".repeat(30));
    let redactor = redactor(&[value]);
    // Signs around the runs that share no bits with those of the secret.
    let text = STANDARD.encode(format!("b!\n{}({}z", " ".repeat(16), "-".repeat(16)));
    assert_eq!(redactor.redact(&text), text);
    let line = STANDARD.encode("hunter22");
    assert_eq!(redactor.redact(&line), "[secret]=");
}

#[test]
fn only_what_may_yet_become_a_window_is_held_back() {
    let redactor = redactor(&["hunter22-and-more".to_owned()]);
    let (mut out, mut filter) = (Vec::new(), redactor.filter());
    let mut feed = |text: &str| {
        out.clear();
        filter.feed(text.as_bytes(), &mut |shown| out.extend_from_slice(shown));
        String::from_utf8(out.clone()).unwrap()
    };
    assert_eq!(feed("sure? [y/N] "), "sure? [y/N] ");
    // `aHVudGVyMjItYW5kLW1vcmU=`
    assert_eq!(feed("x aHVu"), "x ");
    assert_eq!(feed("\n"), "");
    assert_eq!(feed("    "), "");
    assert_eq!(feed("."), "aHVu\n    .");
    assert_eq!(feed("x aHVu\r\ndG"), "x ");
    assert_eq!(feed("Vy\n"), "[secret]\n");
    let blanks = " ".repeat(40);
    assert_eq!(feed(&format!(" aHVu\n{blanks}")), format!(" aHVu\n{blanks}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_letter_of_base64_is_left_wherever_lines_break(
        value in VALUE, before in "[ -~]{0,40}", behind in "[ -~]{0,40}",
        width in 20usize..80, windows in any::<bool>(), safe in any::<bool>(),
        cuts in prop::collection::vec(0usize..40, 0..6),
    ) {
        let engine = if safe { URL_SAFE } else { STANDARD };
        let text = engine.encode(format!("{before}{value}{behind}"));
        let lines = wrapped(&text, width, if windows { "\r\n" } else { "\n" });
        let redactor = redactor(std::slice::from_ref(&value));
        let letters = certain(before.len(), value.len(), 6);
        let shown = streamed(&redactor, lines.as_bytes(), &cuts);
        prop_assert!(hidden(&text, letters, &shown), "{lines}\n{}", String::from_utf8_lossy(&shown));
        for line in lines.lines() {
            let shown = redactor.redact(line);
            prop_assert!(!line_holds(&text[letters.0..letters.1], 8, &shown), "{line}: {shown}");
        }
    }

    #[test]
    fn no_digit_of_hex_is_left_wherever_lines_break(
        value in VALUE, before in "[ -~]{0,40}", behind in "[ -~]{0,40}",
        width in 20usize..80, windows in any::<bool>(), upper in any::<bool>(),
        cuts in prop::collection::vec(0usize..40, 0..6),
    ) {
        let bytes = format!("{before}{value}{behind}").into_bytes();
        let text: String = bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect();
        let lines = wrapped(&text, width, if windows { "\r\n" } else { "\n" });
        let redactor = redactor(std::slice::from_ref(&value));
        let digits = certain(before.len(), value.len(), 4);
        let shown = streamed(&redactor, lines.as_bytes(), &cuts);
        prop_assert!(hidden(&text, digits, &shown), "{lines}\n{}", String::from_utf8_lossy(&shown));
        for line in lines.lines() {
            let shown = redactor.redact(line);
            prop_assert!(!line_holds(&text[digits.0..digits.1], 16, &shown), "{line}: {shown}");
        }
    }

    #[test]
    fn no_letter_of_base64_of_base64_is_left(
        value in VALUE, user in "[a-z]{0,9}", before in "[ -~]{0,40}", behind in "[ -~]{1,40}", width in 20usize..200,
    ) {
        let auth = STANDARD.encode(format!("{user}:{value}"));
        let (first, end) = certain(user.len() + 1, value.len(), 6);
        let text = STANDARD.encode(format!("{before}{auth}{behind}"));
        let (first, end) = certain(before.len() + first, end - first, 6);
        let redactor = redactor(std::slice::from_ref(&value));
        let shown = redactor.redact(&text);
        prop_assert!(hidden(&text, (first, end), shown.as_bytes()), "{text}: {shown}");
        for line in wrapped(&text, width, "\n").lines() {
            let shown = redactor.redact(line);
            prop_assert!(!line_holds(&text[first..end], 8, &shown), "{line}: {shown}");
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn each_line_of_several_is_hidden_by_itself(lines in prop::collection::vec(VALUE, 2..4), before in "[a-z]{0,3}") {
        let redactor = redactor(&[lines.join("\n")]);
        for line in &lines {
            let text = STANDARD.encode(format!("{before}{line}\n"));
            let shown = redactor.redact(&text);
            prop_assert!(hidden(&text, certain(before.len(), line.len(), 6), shown.as_bytes()), "{text}: {shown}");
        }
    }
}
