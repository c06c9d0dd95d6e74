//! Who of a run is still there when the stepgate that began it is not.

use std::fs;

use super::driver::SIGN;
use super::process::{Entry, Process, own_pid, table};
use super::secret::SECRET_LENGTH;

/// The processes on this machine that belong to this run and, as far as can be told, to this step: those that have both
/// in their environment, wherever they have gone since, and the run's inner shells with their subshells, whatever step
/// they came from. Neither we nor zombies. Who dropped its environment, runs as another user or on another machine is
/// not found.
pub fn processes_of(run: &str, step: &str) -> Vec<Process> {
    let variables = [format!("STEPGATE_RUN={run}"), format!("STEPGATE_STEP={step}")];
    let of_step = |entry: &Entry| {
        let environment = read(entry.pid, "environ");
        variables.iter().all(|variable| has(&environment, variable.as_bytes()))
    };
    let others = table().into_iter().filter(|entry| entry.pid != own_pid());
    others
        .filter(|entry| of_step(entry) || is_inner(&read(entry.pid, "cmdline"), run))
        .map(|entry| entry.describe())
        .collect()
}

fn read(pid: i32, file: &str) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

/// Whether this is one of the variables, whole.
fn has(environment: &[u8], variable: &[u8]) -> bool {
    environment.split(|&byte| byte == 0).any(|entry| entry == variable)
}

/// Whether the words are those of an inner shell: the driver's text, and last the marker, which is the run and a secret.
fn is_inner(line: &[u8], run: &str) -> bool {
    let Some(words) = line.strip_suffix(b"\0") else { return false };
    let marker = words.rsplit(|&byte| byte == 0).next().unwrap_or_default();
    let secret = marker.strip_prefix(run.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
    let is_secret = |secret: &[u8]| secret.len() == SECRET_LENGTH && secret.iter().all(u8::is_ascii_hexdigit);
    secret.is_some_and(is_secret) && memchr::memmem::find(words, SIGN.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{has, is_inner};

    #[test]
    fn an_inner_shell_belongs_to_the_run_that_its_marker_names_and_to_no_run_whose_name_begins_alike() {
        let secret = "0123456789abcdef".repeat(2);
        let line = |marker: &str| format!("bash\0-c\0text __sg_refuse text\0bash\0{marker}\0").into_bytes();
        assert!(is_inner(&line(&format!("a.b.{secret}")), "a.b"));
        for run in ["a", "b", "a.", "", "A.b"] {
            assert!(!is_inner(&line(&format!("a.b.{secret}")), run), "{run}");
        }
        assert!(!is_inner(format!("grep\0a.{secret}\0").as_bytes(), "a"), "no shell of ours");
    }

    #[test]
    fn a_variable_is_the_whole_of_an_entry() {
        let environment = b"A=1\0XSTEPGATE_RUN=r\0STEPGATE_RUN=r2\0";
        assert!(!has(environment, b"STEPGATE_RUN=r") && has(environment, b"STEPGATE_RUN=r2"));
    }
}
