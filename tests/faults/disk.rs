//! A disk that is really full, and is given room again.

use crate::ended::end;
use crate::fold::fold;
use crate::harness::Sandbox;
use crate::reader::read;
use crate::setting::Setting;
use crate::tally::{Rule, Tally};

/// More steps than the disk lets run.
const STEPS: usize = 24;

/// The disk is full, has room again, and the run goes on twice: the second time there may be nothing to do any more.
const SCRIPT: &str = "mount -t tmpfs -o size=64k,mode=700 none full || exit 77
\"$0\" \"$@\" --store full/store; first=$?
cp -r full/store before
mount -o remount,size=4m full || exit 77
\"$0\" resume one --store full/store; second=$?
cp -r full/store after
echo \"codes $first $second\"";

pub fn part(setting: &Setting, tally: &Tally) {
    let cases: Vec<usize> = (0..if setting.all { 40 } else { 6 }).collect();
    setting.at_once(&cases, |number, _| one(tally, setting.chance("disk", number).below(4000)));
}

/// Steps that print so many bytes each.
fn body(bytes: usize) -> String {
    let step = |n| {
        format!(
            "```bash {{name=s{n} effect=idempotent}}\nhead -c {bytes} /dev/zero | tr '\\0' x; echo s{n} >> \"$HOME/witness\"\n```\n\n"
        )
    };
    (1..=STEPS).map(step).collect()
}

fn one(tally: &Tally, more: usize) {
    let sandbox = Sandbox::with(&body(2500 + more));
    std::fs::create_dir(sandbox.path("full")).unwrap();
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT];
    let ended = end(&mut sandbox.wrapped(&wrapper, &["run", "r.md", "--run-id", "one"]));
    if ended.code == Some(77) || ended.stderr.contains("unshare failed") {
        return tally.tried("disk: not tried, there are no user namespaces here");
    }
    tally.tried("disk: a full tmpfs, then room again");
    let name = format!("a full disk, {} bytes a step", 2500 + more);
    let told = || format!("{name}: {}\n{}", ended.stdout, ended.brief());
    ended.check(&name, false, tally);
    let read = |when: &str| read(&sandbox.path(when).join("runs/one/journal.jsonl"));
    let (before, after) = match (read("before"), read("after")) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            return tally.demand(false, Rule::Lost, || format!("{:?} {:?} {}", before.err(), after.err(), told()));
        }
    };
    tally.demand(ended.stdout.contains("codes 5 0"), Rule::Exit, told);
    tally.demand(after.bytes.starts_with(before.sound()), Rule::Lost, told);
    let repaired = after.records.iter().any(|record| record.kind() == "repaired");
    tally.demand(before.torn.is_empty() || repaired, Rule::Repair, told);
    let (first, last) = (fold(&before.records), fold(&after.records));
    tally.demand(last.passed(), Rule::Wedge, told);
    let witness = sandbox.read("witness");
    for (name, step) in &last.steps {
        let ran = witness.lines().filter(|line| line == name).count();
        tally.demand(ran <= step.intents, Rule::Intent, told);
        tally.demand(!first.step(name).done || ran == 1, Rule::Again, told);
    }
    let shown = ended.shown();
    let lost = shown.iter().find(|name| !last.step(name).passed);
    tally.demand(lost.is_none(), Rule::Shown, || format!("{lost:?} {}", told()));
}
