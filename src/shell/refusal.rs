//! Why a step was not begun.

use std::time::Duration;

use super::state::Saved;

/// That there is no shell, after so long.
pub(super) fn no_answer(limit: Duration) -> String {
    let seconds = format!("{:.1}", limit.as_secs_f64());
    format!("no shell answered within {} s", seconds.trim_end_matches(".0"))
}

/// The driver's word in plain words.
pub(super) fn refusal(word: &str, state: Option<&Saved>) -> String {
    match word {
        "directory" => {
            let directory = state.map(Saved::directory).unwrap_or_default();
            format!("the session's directory `{directory}` is gone")
        }
        "variable" => "a variable of the step cannot be set in this shell".to_owned(),
        "streams" => "the shell cannot open the step's streams through `/proc`".to_owned(),
        "file" => "no file for the script could be made in `/dev/shm`, `/tmp` or `/var/tmp` of the target".to_owned(),
        "restore" => "the state from before the last step cannot be restored".to_owned(),
        _ => format!("the shell did not get through the preparation of the step ({word})"),
    }
}

#[cfg(test)]
mod tests {
    use super::no_answer;
    use std::time::Duration;

    #[test]
    fn a_limit_is_said_in_seconds_and_tenths() {
        let said = |limit: u64| no_answer(Duration::from_micros(limit));
        assert_eq!(said(2_999_600), "no shell answered within 3 s");
        assert_eq!(said(500_000), "no shell answered within 0.5 s");
        assert_eq!(said(30_000_000), "no shell answered within 30 s");
    }
}
