//! The timeline: a row a step, bars for what it did, an axis of the run's own time, in which there is no gap between two parts.

use crate::event::{Doing, Part, RunState, Status, StepState, Stretch, result_words, step_rows};
use crate::text::{count, shorten_line, took};
use serde::Serialize;
use std::time::Duration;

/// Where the bars begin, in the chart's own units.
const LEFT: f64 = 230.0;
/// How wide they are together.
const SPAN: f64 = 520.0;
/// How wide the chart is.
const WIDTH: f64 = 960.0;
/// How high a row is.
const ROW: f64 = 24.0;
/// Where the first row begins, below the axis.
const TOP: f64 = 40.0;
/// No bar is narrower: what happened can be seen.
const LEAST: f64 = 2.5;
/// The longest name beside a row, in characters.
const NAME: usize = 28;
/// The axis has about so many marks.
const TICKS: u32 = 6;

/// The chart, as its template takes it.
#[derive(Debug, Serialize)]
pub struct Chart {
    width: String,
    height: String,
    title: String,
    desc: String,
    top: String,
    bottom: String,
    axis: String,
    row: String,
    words_x: String,
    ticks: Vec<Mark>,
    rows: Vec<Row>,
    parts: Vec<Boundary>,
}

#[derive(Debug, Serialize)]
struct Mark {
    x: String,
    words: String,
}

#[derive(Debug, Serialize)]
struct Boundary {
    x: String,
    text_x: String,
    anchor: &'static str,
    words: String,
}

#[derive(Debug, Serialize)]
struct Row {
    y: String,
    text_y: String,
    even: bool,
    status: &'static str,
    mark: &'static str,
    name: String,
    words: String,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
    kind: &'static str,
    waiting: bool,
    words: String,
}

/// From the run's time to places in the chart.
struct Scale {
    all: Duration,
}

impl Scale {
    fn x(&self, at: Duration) -> f64 {
        let share = at.as_secs_f64() / self.all.as_secs_f64().max(0.001);
        LEFT + SPAN * share.clamp(0.0, 1.0)
    }
}

impl Chart {
    /// Of a run.
    pub fn of(state: &RunState) -> Self {
        let scale = Scale { all: state.active };
        let steps: Vec<_> = state.steps().filter(|step| !step.header.probe).collect();
        let bottom = TOP + ROW * steps.len() as f64;
        let rows = steps.iter().enumerate().map(|(at, step)| row(step, at, &scale));
        Self {
            width: number(WIDTH),
            height: number(bottom + 8.0),
            title: "When each step ran, and when it waited for a person".to_owned(),
            desc: description(state, steps.len()),
            top: number(TOP - 6.0),
            bottom: number(bottom),
            axis: number(TOP - 12.0),
            row: number(ROW),
            words_x: number(LEFT + SPAN + 12.0),
            ticks: ticks(&scale),
            rows: rows.collect(),
            parts: state.parts.iter().enumerate().map(|(at, part)| boundary(part, at + 2, &scale)).collect(),
        }
    }
}

/// The whole chart in a sentence or two; the table of the steps has the same figures.
fn description(state: &RunState, steps: usize) -> String {
    let names = |wanted: Status| {
        let rows = step_rows(state).into_iter().filter(|row| row.status == wanted);
        rows.map(|row| row.name).collect::<Vec<_>>()
    };
    let waited = match state.waited.is_zero() {
        true => String::new(),
        false => format!(", of it {} waiting for people", took(state.waited)),
    };
    let failed = names(Status::Failed);
    let failed = if failed.is_empty() { String::new() } else { format!(" Failed: {}.", failed.join(", ")) };
    let parts = if state.parts.is_empty() { 1 } else { state.parts.len() + 1 };
    format!(
        "{} in {}{waited}, in {}.{failed} The table of the steps below has the same figures.",
        count(steps, "step"),
        took(state.active),
        count(parts, "part")
    )
}

fn row(step: &StepState, at: usize, scale: &Scale) -> Row {
    let y = TOP + ROW * at as f64;
    let mark = match step.status {
        Status::Failed => "✗ ",
        Status::InDoubt => "? ",
        Status::Suspended => "… ",
        _ => "",
    };
    let bars = step.stretches.iter().map(|stretch| bar(step, stretch, y, scale));
    Row {
        y: number(y),
        text_y: number(y + ROW / 2.0 + 4.5),
        even: at.is_multiple_of(2),
        status: step.status.as_str(),
        mark,
        name: shorten_line(&step.instance.to_string(), NAME),
        words: figures(step, scale.all).unwrap_or_else(|| shorten_line(&result_words(step), NAME)),
        bars: bars.collect(),
    }
}

fn bar(step: &StepState, stretch: &Stretch, y: f64, scale: &Scale) -> Bar {
    let to = stretch.to.unwrap_or(scale.all);
    let (x, end) = (scale.x(stretch.from), scale.x(to));
    let waiting = stretch.doing == Doing::Waiting;
    let kind = match (stretch.doing, step.status) {
        (Doing::Waiting, _) => "waiting",
        (Doing::Running, Status::Failed | Status::InDoubt) => "bad",
        (Doing::Running, _) => "running",
    };
    let doing = if waiting { "waited for a person" } else { "ran" };
    let words = format!("{} {doing} for {}", step.instance, took(to.saturating_sub(stretch.from)));
    // What waits is lower, too: a pattern alone is hard to see in a narrow bar.
    let inset = if waiting { 8.0 } else { 5.0 };
    let width = (end - x).max(LEAST);
    Bar {
        x: number(x.min(LEFT + SPAN - LEAST)),
        y: number(y + inset),
        width: number(width),
        height: number(ROW - 2.0 * inset),
        kind,
        waiting,
        words,
    }
}

/// How long a step ran, and waited; nothing if it did neither.
fn figures(step: &StepState, now: Duration) -> Option<String> {
    let (ran, waited) = (step.spent(Doing::Running, now), step.spent(Doing::Waiting, now));
    let did = |doing| step.stretches.iter().any(|stretch| stretch.doing == doing);
    match (did(Doing::Running), did(Doing::Waiting)) {
        (true, true) => Some(format!("{}, waited {}", took(ran), took(waited))),
        (true, false) => Some(took(ran)),
        (false, true) => Some(format!("waited {}", took(waited))),
        (false, false) => None,
    }
}

fn boundary(part: &Part, number_of: usize, scale: &Scale) -> Boundary {
    let x = scale.x(part.since);
    let gap = Duration::from_millis(part.gap_ms.unsigned_abs());
    let words = match part.gap_ms {
        0.. => format!("part {number_of}, {} later", took(gap)),
        _ => format!("part {number_of}"),
    };
    let (anchor, text_x) = if x > LEFT + SPAN / 2.0 { ("end", x - 4.0) } else { ("start", x + 4.0) };
    Boundary { x: number(x), text_x: number(text_x), anchor, words }
}

/// Marks at round times.
fn ticks(scale: &Scale) -> Vec<Mark> {
    let millis = scale.all.as_millis() as u64;
    let step = round_step(millis / u64::from(TICKS));
    let mark = |at: u64| {
        let time = Duration::from_millis(at);
        Mark { x: number(scale.x(time)), words: if at == 0 { "0".to_owned() } else { round_words(at) } }
    };
    (0..=millis / step).map(|n| mark(n * step)).collect()
}

/// The least round time in milliseconds that is not less than `least`.
fn round_step(least: u64) -> u64 {
    const SECOND: u64 = 1000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    let small = (0..4).flat_map(|power| [1, 2, 5].map(|n| n * 10u64.pow(power)));
    let large = [10, 15, 30].map(|n| n * SECOND).into_iter();
    let minutes = [1, 2, 5, 10, 15, 30].map(|n| n * MINUTE).into_iter();
    let mut all = small.chain(large).chain(minutes).chain([1, 2, 4, 6, 12].map(|n| n * HOUR));
    let days = || least.div_ceil(24 * HOUR).max(1) * 24 * HOUR;
    all.find(|step| *step >= least.max(1)).unwrap_or_else(days)
}

fn round_words(millis: u64) -> String {
    let (seconds, minutes, hours) = (millis / 1000, millis / 60_000, millis / 3_600_000);
    let words = |whole: u64, unit: &str, rest: u64, small: &str| match rest {
        0 => format!("{whole} {unit}"),
        _ => format!("{whole} {unit} {rest} {small}"),
    };
    match (hours, minutes, seconds) {
        (0, 0, 0) => format!("{millis} ms"),
        (0, 0, _) if !millis.is_multiple_of(1000) => format!("{:.1} s", millis as f64 / 1000.0),
        (0, 0, _) => format!("{seconds} s"),
        (0, ..) => words(minutes, "min", seconds % 60, "s"),
        _ => words(hours, "h", minutes % 60, "min"),
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_marks_at_round_times() {
        for (millis, last) in [
            (5, "5 ms"),
            (900, "800 ms"),
            (3_900, "3 s"),
            (47_000, "40 s"),
            (125_000, "2 min"),
            (9_000_000, "2 h 30 min"),
        ] {
            let marks = ticks(&Scale { all: Duration::from_millis(millis) });
            assert!((3..=8).contains(&marks.len()), "{millis}: {marks:?}");
            assert_eq!(marks.last().unwrap().words, last, "{millis}");
        }
        assert_eq!(ticks(&Scale { all: Duration::ZERO }).len(), 1);
        assert!(ticks(&Scale { all: Duration::from_secs(40 * 86400) }).len() <= 8);
    }

    #[test]
    fn places_stay_inside_the_chart() {
        let scale = Scale { all: Duration::from_secs(10) };
        assert_eq!((scale.x(Duration::ZERO), scale.x(Duration::from_secs(99))), (LEFT, LEFT + SPAN));
        assert_eq!((number(2.04), number(230.0)), ("2".to_owned(), "230".to_owned()));
    }
}
