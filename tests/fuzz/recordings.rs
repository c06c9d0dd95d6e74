//! Recordings that were damaged anywhere: what can still be read is replayed against a runbook, and changed in every way that
//! `--strength` knows.

use crate::Random;
use crate::records::damage;
use std::collections::BTreeMap;
use stepgate::config::Config;
use stepgate::diagnostic::Source;
use stepgate::expect::Evaluator;
use stepgate::plan::{Plan, examine, plan};
use stepgate::replay::{self, Stage, block_changes, inputs_of_recording, overall, read_recording, replay, strengths};

const RUNBOOK: &str = "---\nstepgate: 1\nparams: { WORD: { default: hi } }\n---\n# R\n\n\
    ```bash {name=p effect=read}\ntest -e x\n```\n\n```bash {name=a effect=change unless=p}\necho a\n```\n\n```output\n(?<N>\\d+) x (re)\n...\n{{WORD}}\n```\n\n\
    ```assert\nstdout.contains(\"x\") && lines.size() < 9\n```\n\n```assert {name=t}\nsteps.a.elapsed < duration(\"1h\") && vars.N != \"\"\n```\n\n```bash {name=z always gate=none}\nz\n```\n";

/// A recording of it, but for the deeds, which `plan` knows.
fn recording(deeds: [&str; 3]) -> String {
    let hash = "ab".repeat(32);
    let [probe, a, z] = deeds;
    let did = |deed: &str, exit: i32| {
        format!(
            "{{\"deed\":\"{deed}\",\"exit\":{exit},\"attempt\":1,\"captured\":{{\"N\":\"12\"}},\"withheld\":false}}"
        )
    };
    [
        format!(
            "{{\"recording\":{{\"format\":1,\"runbook\":\"r.md\",\"plan\":\"{hash}\",\"runbook_sha256\":\"{hash}\",\"run\":\"one\",\"started\":\"2026-11-25T00:00:00Z\",\
             \"finished\":\"2026-11-25T00:00:09Z\",\"operator\":\"a@b\",\"stepgate\":\"0\",\"profile\":null,\"params\":{{\"WORD\":\"hi\"}}}}}}"
        ),
        "{\"step\":{\"name\":\"a\",\"status\":\"passed\"}}".to_owned(),
        format!("{{\"probe\":{{\"moment\":\"before\",\"passed\":false,\"did\":{}}}}}", did(probe, 1)),
        format!("{{\"did\":{}}}", did(a, 0)),
        "{\"out\":\"12 x\"}\n{\"out\":\"é \\u001b[0m\"}\n{\"out-bytes\":\"/w==\"}\n{\"out\":\"\"}\n{\"out-part\":\"hi\"}\n{\"err\":\"e\"}".to_owned(),
        "{\"step\":{\"name\":\"t\",\"status\":\"passed\"}}".to_owned(),
        "{\"step\":{\"name\":\"z\",\"status\":\"passed\"}}".to_owned(),
        format!("{{\"did\":{}}}", did(z, 0)),
        "{\"end\":{\"times\":[[\"2026-11-25T00:00:01Z\",5],[\"2026-11-25T00:00:02Z\",5],[\"2026-11-25T00:00:03Z\",5]]}}\n".to_owned(),
    ]
    .join("\n")
}

/// Reads `many` recordings; says how many of them could be replayed, and how many steps held.
pub fn recordings(random: &mut Random, many: usize) -> (usize, usize) {
    let config = Config::default();
    let (runbook, _) = examine(Source::new("r.md", RUNBOOK), &config).unwrap();
    let inputs = inputs_of_recording(&runbook, &config, &BTreeMap::new());
    let planned = plan(&runbook, &config, &inputs).unwrap();
    let deed = |name: &str| replay::deed(&planned, planned.step(name).unwrap().shell().unwrap()).hex();
    let whole = recording([&deed("p"), &deed("a"), &deed("z")]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (mut read, mut held) = (0, 0);
    for at in 0..many {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..random.below(3) {
            damage(random, &mut bytes);
        }
        let Ok(recording) = read_recording(&bytes) else { continue };
        read += 1;
        held += runtime.block_on(play(&planned, &recording, at as u64));
    }
    (read, held)
}

async fn play(planned: &Plan, recording: &replay::Recording, seed: u64) -> usize {
    let (mut evaluator, mut stages) = (Evaluator::default(), Vec::new());
    let steps = replay(planned, recording, &mut evaluator, &mut |stage: Stage<'_>| stages.push(stage)).await;
    _ = overall(&steps);
    for stage in &stages {
        let changes = block_changes(planned, stage);
        assert!(!stage.holds || changes.is_empty(), "nothing is to be changed of what holds");
    }
    if seed.is_multiple_of(50) {
        _ = strengths(&stages, seed, &mut evaluator).await;
    }
    stages.iter().filter(|stage| stage.holds).count()
}
