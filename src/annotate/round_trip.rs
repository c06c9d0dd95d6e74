//! Random runbooks and results: `clear` gives back every byte that `annotate` was given.

use super::{Log, annotate, clear, is_same, says_the_same};
use crate::config::Config;
use crate::diagnostic::Source;
use crate::event::{
    Channel, Event, Instance, ManualAnswer, Revision, RunStarted, RunState, Status, StepFinished, StreamRecord,
};
use crate::plan::{Inputs, plan};
use crate::runbook::{Item, Runbook, read};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::time::Duration;

/// One block of a body: what it is, how deep in lists it stands, its fence, and the lines behind it.
#[derive(Clone, Debug)]
struct Piece {
    kind: &'static str,
    depth: usize,
    fence: String,
    behind: &'static str,
}

/// Blocks: `F` stands for a fence, `N` for a number that no other block has, `@` for the mark of a list item.
const KINDS: &[&str] = &[
    "F bash {name=sN effect=read}\necho x\nF\n",
    "F bash {name=sN effect=read}\n  > <!-- stepgate:run -->\n  - [ ] none\nF\n\nF output\n> <!-- stepgate:sN tight -->\n...\nF\n",
    "F sh {name=sN effect=read}\nls\nF\nprose between\n\nF assert\nexit_code == 0\nF\n",
    "F assert {name=wN}\ntrue\nF\n",
    "@ [ ] Look at N\n",
    "@ [x] Ticked N\n",
    "@ [X] Ticked N\n  lazily\n",
    "@ [\t] Tabbed `N`\n\n  more of it\n",
    "@ [ ] Look at N\n\n  F bash {name=sN effect=read}\n  ls\n  F\n",
    "@ [x] Outer N\n  @ [ ] Inner N\n",
    "@ @ [ ] Both N\n",
    "@\t[ ] Wide N\n",
    "@ [ ] Open N\n  <!-- open\n",
    "@ item\n",
    "@ item\n\n  F sh {name=sN effect=read}\n  ls\n  F\n  - deeper\n\n    F output\n    x\n    F\n\n    text\n",
    "# Heading N\n",
    "Heading N\n=========\n",
    "## `N` *x*\n",
    "prose\n",
    "> the author's own\n",
    "> <!-- stepgate: not a marker -->\n",
    "> > <!-- stepgate:run -->\n> > nested\n",
    "> - > <!-- stepgate:run tight -->\n",
    "> F text\n> > <!-- stepgate:x -->\n> F\n",
    "F text\n> <!-- stepgate:run -->\n> **Passed**\nF\n",
    "<details>\n\nF text\ny\nF\n\n</details>\n",
    "<!-- stepgate:run -->\n",
    "<!--\n> <!-- stepgate:run -->\n",
    "    > <!-- stepgate:run -->\n    code\n",
    "| a | b |\n|---|---|\n| > <!-- stepgate:run --> | x |\n",
    "[^1]: note\n    > <!-- stepgate:run -->\n",
    "\u{a0}\n",
    "---\n",
    "1. one\n1. [ ] lazily numbered N\n1. [ ] and another N\n",
    "+ > <!-- stepgate:run -->\n  > on the line of a mark\n",
];

const LINES: &[&str] = &[
    "x",
    "",
    "> <!-- stepgate:x -->",
    "<!-- stepgate:x -->",
    "-->",
    "</details>",
    "```",
    "``````````",
    "~~~~",
    "{{#include /etc/passwd}}",
    "\u{1b}[2J\r",
    "\r",
    "\u{2028}\u{85}\u{c}",
    "# heading",
    "- [ ] item",
    "---",
    "\tindented",
    "    > q",
    "<!--",
];

fn piece() -> impl Strategy<Value = Piece> {
    let fence = prop_oneof![(3..7usize).prop_map(|n| "`".repeat(n)), (3..6usize).prop_map(|n| "~".repeat(n))];
    let behind = select(vec!["", "", "\n", "\n\n", " \t\n"]);
    (select(KINDS.to_vec()), 0..3usize, fence, behind).prop_map(|(kind, depth, fence, behind)| Piece {
        kind,
        depth,
        fence,
        behind,
    })
}

fn text(pieces: &[Piece], mark: &str, front: &str, (windows, mark_of_order, end): (bool, bool, &str)) -> String {
    let mut text = front.to_owned();
    for (at, piece) in pieces.iter().enumerate() {
        let block = piece.kind.replace('F', &piece.fence).replace('N', &at.to_string()).replace('@', mark);
        let indent = if mark.len() > 2 { "   " } else { "  " }.repeat(piece.depth);
        for line in block.split_inclusive('\n') {
            text.extend([if line == "\n" { "" } else { &indent }, line]);
        }
        text.push_str(piece.behind);
    }
    let text = format!("{}{end}", text.trim_end_matches('\n'));
    let text = if windows { text.replace('\n', "\r\n") } else { text };
    if mark_of_order { format!("\u{feff}{text}") } else { text }
}

/// How each item of a runbook ended, by a number each, and what it printed.
fn state(runbook: &Runbook, ends: &[usize], printed: &str) -> RunState {
    let plan = plan(runbook, &Config::default(), &Inputs::default()).expect("a plan");
    let revision = Revision::of(&plan, b"", &Inputs::default(), &BTreeMap::new(), &vec![true; plan.steps.len()], None);
    let mut state = RunState::default();
    let mut apply = |event: Event| state.apply(&event, jiff::Timestamp::UNIX_EPOCH, Duration::ZERO);
    apply(Event::RunStarted(Box::new(RunStarted::example(revision))));
    for (item, end) in runbook.items.iter().zip(ends.iter().cycle()) {
        let step = Instance::first(item.name());
        match (item, end % 4) {
            (_, 3) => {}
            (Item::Manual(_), end) => apply(Event::ManualAnswered {
                step,
                answer: [ManualAnswer::Done, ManualAnswer::Failed, ManualAnswer::Skipped][end],
                note: Some(printed.to_owned()),
                by: printed.to_owned(),
                through: Channel::Terminal,
            }),
            (_, end) => {
                let status = if end == 0 { Status::Passed } else { Status::Failed };
                let mut outcome = StepFinished::nothing_ran(step, status, jiff::Timestamp::UNIX_EPOCH);
                outcome.stdout = StreamRecord { text: Some(printed.to_owned()), lines: 1, ..StreamRecord::empty() };
                (outcome.stdout.bytes, outcome.detail) = (Some(printed.len() as u64), Some(printed.to_owned()));
                outcome.captured.insert("V".to_owned(), printed.to_owned());
                apply(Event::StepFinished(Box::new(outcome)));
            }
        }
    }
    state
}

fn annotated(text: &str, ends: &[usize], printed: &str) -> Option<String> {
    let (runbook, _) = read(Source::new("r.md", text)).ok()?;
    let state = state(&runbook, ends, printed);
    let (earlier, excerpt) = (|_: &str, _: &str| None, |_: &StreamRecord| None);
    let journal = super::inline(printed);
    Some(annotate(&Log { runbook: &runbook, state: &state, journal, earlier: &earlier, excerpt: &excerpt }))
}

fn own(text: &str) -> String {
    clear(text).map_or_else(|| text.to_owned(), |cleared| cleared.text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_annotated_and_cleared_is_what_it_was(
        pieces in prop::collection::vec(piece(), 1..7),
        (mark, front) in (
            select(vec!["-", "*", "+", "1.", "7)"]),
            select(vec!["---\nstepgate: 1\n---\n", "---\nstepgate: 1\ntitle: T\n---\n\n", "---\r\nstepgate: 1\n--- \n"]),
        ),
        form in (any::<bool>(), any::<bool>(), select(vec!["", "\n", "\n\n", "\n \n\t", "\r"])),
        (first, second) in (prop::collection::vec(0..4usize, 1..7), prop::collection::vec(0..4usize, 1..7)),
        printed in prop::collection::vec(select(LINES.to_vec()), 0..5),
    ) {
        let text = text(&pieces, mark, front, form);
        let printed = printed.join("\n");
        let Some(once) = annotated(&text, &first, &printed) else { return Ok(()) };
        prop_assert_eq!(own(&once), own(&text), "{}", once);
        prop_assert!(is_same(&once, &text) && is_same(&text, &once));
        prop_assert!(clear(&own(&text)).is_none());
        let twice = annotated(&once, &second, &printed).expect("a log is a runbook");
        // Without a quote that only looks like one of stepgate's it may be no runbook any more.
        let Some(wanted) = annotated(&own(&text), &second, &printed) else { return Ok(()) };
        prop_assert_eq!(&twice, &wanted);
        let split = text.contains("<!-- open");
        prop_assert!(split || says_the_same(&own(&text), &once), "{}\n=======\n{}", text, once);
    }
}
