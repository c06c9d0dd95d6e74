//! Engines that are started at once against one store.

use crate::check::Seen;
use crate::ended::{Ended, end, wait};
use crate::harness::Sandbox;
use crate::process::wait_for_orphans;
use crate::reader::read;
use crate::setting::{Chance, Setting};
use crate::tally::{Rule, Tally};
use std::process::Stdio;

/// How many engines there are in all, and how many are started at once.
const ENGINES: usize = 200;
const AT_ONCE: usize = 50;

/// Each step is alone: it says so when it ends if it is not.
const BODY: &str = "```bash {name=ask effect=idempotent gate=confirm}
echo ask >> \"$HOME/asked\"
```

```bash {name=alone effect=idempotent}
echo \"begin $STEPGATE_RUN\" >> \"$HOME/witness\"
sleep 0.05
echo \"end $STEPGATE_RUN\" >> \"$HOME/witness\"
```
";

pub fn part(setting: &Setting, tally: &Tally) {
    let waves = if setting.all { ENGINES * 3 / AT_ONCE } else { ENGINES / AT_ONCE };
    for wave in 0..waves {
        one(tally, &mut setting.chance("races", wave), wave % 2 == 1);
    }
}

/// Runs and resumes of one runbook, all at once; some are killed.
fn one(tally: &Tally, chance: &mut Chance, killing: bool) {
    let sandbox = Sandbox::with(BODY);
    let left = end(&mut sandbox.command(["run", "r.md", "--run-id", "left"]));
    assert_eq!(left.code, Some(3), "{}", left.brief());
    let start = |number: usize| {
        let id = format!("new{number}");
        let words = if number.is_multiple_of(2) {
            vec!["resume", "left", "--yes"]
        } else {
            vec!["run", "r.md", "--yes", "--run-id", &id]
        };
        let mut command = sandbox.command(words);
        // What they say is short: it fits into the pipe until it is read.
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut children: Vec<_> = (0..AT_ONCE).map(start).collect();
    for (number, child) in children.iter_mut().enumerate() {
        tally.tried("races: engines started at once");
        let killed = killing && chance.one_in(3);
        if killed {
            std::thread::sleep(std::time::Duration::from_millis(chance.below(20) as u64));
            _ = child.kill();
        }
        let (code, signal, hung) = wait(child);
        let stderr = std::io::read_to_string(child.stderr.take().unwrap()).unwrap_or_default();
        let ended = Ended { code, signal, stderr, hung, ..Ended::default() };
        let name = format!("a race, engine {number}");
        ended.check(&name, killed, tally);
        let over = code == Some(2) && ended.stderr.contains("is over");
        let fits = matches!(code, Some(0 | 6)) || killed || over;
        tally.demand(fits, Rule::Exit, || format!("{name}: {}", ended.brief()));
    }
    wait_for_orphans(&sandbox);
    if !killing {
        alone(&sandbox, tally);
    }
    after(&sandbox, tally);
}

/// Each end stands right behind its begin. A shell whose engine was killed goes on for a moment, so only without kills.
fn alone(sandbox: &Sandbox, tally: &Tally) {
    let witness = sandbox.read("witness");
    let lines: Vec<_> = witness.lines().collect();
    for pair in lines.chunks(2) {
        let [begin, end] = pair else { continue };
        let alone = begin.strip_prefix("begin ").is_some_and(|run| *end == format!("end {run}"));
        tally.demand(alone, Rule::Double, || format!("two engines ran a step at once: {begin}, {end}"));
    }
}

/// Nothing is left locked, and every record is sound.
fn after(sandbox: &Sandbox, tally: &Tally) {
    let last = end(&mut sandbox.command(["run", "r.md", "--yes", "--run-id", "last"]));
    tally.demand(last.code == Some(0), Rule::Wedge, || format!("the run behind a race: {}", last.brief()));
    let ledger = read(&sandbox.store().join("ledger.jsonl"));
    tally.demand(ledger.is_ok(), Rule::Ledger, || format!("{ledger:?}"));
    for entry in std::fs::read_dir(sandbox.store().join("runs")).unwrap().flatten() {
        let run = entry.file_name().to_string_lossy().into_owned();
        let seen = Seen::of(sandbox, &run);
        tally.demand(!seen.is_damaged(), Rule::Lost, || format!("the journal of {run} is damaged after a race"));
    }
}
