//! Why a driver did not begin a step.

use super::state::Saved;

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
