//! Words that say how something stands, and what they are when it does not.

use super::super::text::words;
use std::ops::Range;

/// Good, and bad. Words are whole: `Ready` is none in `NotReady`.
const STATES: &[(&str, &str)] = &[
    ("Ready", "NotReady"),
    ("Running", "CrashLoopBackOff"),
    ("running", "stopped"),
    ("Bound", "Pending"),
    ("Synced", "OutOfSync"),
    ("True", "False"),
    ("true", "false"),
    ("yes", "no"),
    ("ok", "failed"),
    ("OK", "FAILED"),
    ("Ok", "Failed"),
    ("on", "off"),
    ("up", "down"),
    ("Up", "Down"),
    ("UP", "DOWN"),
    ("active", "inactive"),
    ("enabled", "disabled"),
    ("healthy", "unhealthy"),
    ("Healthy", "Degraded"),
    ("online", "offline"),
    ("open", "closed"),
    ("valid", "invalid"),
    ("mounted", "unmounted"),
    ("connected", "disconnected"),
    ("success", "failure"),
    ("successful", "failed"),
    ("successfully", "partially"),
    ("succeeded", "failed"),
    ("Succeeded", "Failed"),
    ("passed", "failed"),
    ("complete", "incomplete"),
    ("completed", "aborted"),
    ("Completed", "Error"),
    ("found", "missing"),
    ("accepted", "refused"),
];

/// Each such word in a text, either way: where it stands, and what it becomes.
pub fn flips(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    words(text).filter_map(|place| {
        let word = &text[place.clone()];
        let good = STATES.iter().find(|(good, _)| *good == word).map(|(_, bad)| *bad);
        let other = good.or_else(|| STATES.iter().find(|(_, bad)| *bad == word).map(|(good, _)| *good));
        other.map(|other| (place, other))
    })
}
