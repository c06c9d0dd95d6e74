//! What a panic says, without secrets.

use super::redactor::Redactor;
use std::io::Write as _;

/// A panic is said in a line, without secrets: its message may quote a value.
pub fn quiet_panics(redactor: Redactor) {
    std::panic::set_hook(Box::new(move |panic| {
        // What breaks off there is the answer of an expression, and said so.
        if std::thread::current().name() == Some("expressions") {
            return;
        }
        let words = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let line = format!("stepgate has a bug{place}: {words}");
        _ = writeln!(std::io::stderr().lock(), "{}", crate::text::escape_line(&redactor.redact(&line)));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const CHILD: &str = "STEPGATE_TEST_PANICS";

    /// A hook is the whole process's, so the panic happens in one of its own.
    #[test]
    fn a_panic_is_said_with_its_place_and_without_secrets() {
        if std::env::var_os(CHILD).is_some() {
            let redactor = Redactor::default();
            quiet_panics(redactor.clone());
            redactor.add("S", "hunter\u{1b}\"22").unwrap();
            let value = "hunter\u{1b}\"22";
            panic!("no {value}: {value:?}");
        }
        let own = std::env::current_exe().unwrap();
        let name = std::thread::current().name().unwrap().to_owned();
        let output = Command::new(own).args(["--exact", &name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        let line = said.lines().find(|line| line.starts_with("stepgate has a bug")).unwrap_or_else(|| panic!("{said}"));
        assert!(line.contains("panic.rs:") && line.ends_with(": no [secret]: \"[secret]\""), "{line}");
        assert!(!said.contains("hunter") && !said.contains("22"), "{said}");
    }
}
