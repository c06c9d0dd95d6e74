//! Processes that outlived their step.

use crate::event::ProcessRecord;
use crate::redact::Redactor;
use crate::shell;

/// More of them are counted and not listed.
pub const MAX_LISTED: usize = 50;
/// What is recorded of a command line, in characters.
const LONGEST_COMMAND: usize = 200;

/// A process in the record's words, without secrets: they are masked before its command line is cut, since half a secret
/// is not known for one.
pub fn process_record(process: shell::Process, redactor: &Redactor) -> ProcessRecord {
    let mut masked = Vec::new();
    let mut filter = redactor.filter();
    filter.feed(process.command.as_bytes(), &mut |shown| masked.extend_from_slice(shown));
    // Of a line that was cut already, what may be the beginning of a secret stays back.
    if !process.cut {
        filter.finish(&mut |shown| masked.extend_from_slice(shown));
    }
    let command: String = String::from_utf8_lossy(&masked).chars().take(LONGEST_COMMAND).collect();
    let place = if process.far { " (on the target)" } else { "" };
    ProcessRecord { pid: process.pid, command: command + place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(command: String, cut: bool, secret: &str) -> String {
        let redactor = Redactor::default();
        redactor.add("S", secret).unwrap();
        process_record(shell::Process { pid: 1, command, cut, far: true }, &redactor).command
    }

    #[test]
    fn a_secret_across_the_cut_is_masked_first() {
        let secret = "hunter2-hunter2-hunter2";
        for before in 150..=220 {
            let command = format!("curl {} -u a:{secret} and more", "x".repeat(before));
            let shown = recorded(command, false, secret);
            assert!(!shown.contains("hunt") && shown.len() <= 200 + " (on the target)".len(), "{before}: {shown}");
        }
        assert_eq!(recorded("sleep hunt".to_owned(), false, secret), "sleep hunt (on the target)");
    }

    #[test]
    fn the_beginning_of_a_secret_whose_rest_was_cut_away_is_not_recorded() {
        let secret = "0123456789".repeat(1000);
        let shown = recorded(format!("curl -u a:{}", &secret[..4000]), true, &secret);
        assert!(shown.starts_with("curl -u a:") && !shown.contains("01"), "{shown}");
    }
}
