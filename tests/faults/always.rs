//! `always` steps run once at each close, whatever happens in between.

use crate::fold::Run;
use crate::reader::Record;
use std::collections::BTreeMap;

/// The closes in which an `always` step was begun other than once, but for each record that lets it begin again.
pub fn breaches(run: &Run, records: &[Record]) -> Vec<String> {
    let always: Vec<_> = run.steps.iter().filter(|(_, step)| step.always).map(|(name, _)| name.as_str()).collect();
    let (mut breaches, mut closing) = (Vec::new(), false);
    let mut begun: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for record in records {
        let name = record.step();
        match record.kind() {
            "closing" => (closing, begun) = (true, BTreeMap::new()),
            "step-started" if always.contains(&name) => {
                begun.entry(name).or_default().0 += 1;
                if !closing {
                    breaches.push(format!("{name} was begun before the close"));
                }
            }
            "decision-made" if record.word("decision") != "happened" => begun.entry(name).or_default().1 += 1,
            // It was stopped by a signal and that is known: the close that goes on has it once more.
            "step-finished" if record.word("reason") == "operator" && record.word("status") == "failed" => {
                begun.entry(name).or_default().1 += 1;
            }
            "sealed" => {
                let wrong = |name: &&&str| begun.get(**name).is_none_or(|(begun, again)| *begun != 1 + again);
                let wrong = always.iter().filter(wrong);
                breaches.extend(wrong.map(|name| format!("{name} was begun as {:?} at a close", begun.get(name))));
                closing = false;
            }
            _ => {}
        }
    }
    breaches
}
