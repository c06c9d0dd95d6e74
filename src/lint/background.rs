//! Background processes that keep the step's output.

use super::syntax::{Pipeline, Place, Stage, Streams};
use crate::diagnostic::{Code, Diagnostic};

/// `serve &`; `waits` says whether the script waits for what it started.
pub fn lint(place: &Place<'_, '_>, waits: bool) -> Option<Diagnostic> {
    let end = place.pipeline.end.filter(|end| end.is_operator("&"))?;
    let last = place.at + 1 == place.pipeline.stages.len();
    if !last || waits || place.around.sent || !pipeline_keeps(place.pipeline, Streams::OWN) {
        return None;
    }
    let help = "write `COMMAND </dev/null >FILE 2>&1 &`; over ssh its output could not be told from the next step's";
    let message = "the background process keeps the step's output open";
    Some(Diagnostic::warning(Code::Background, end.span, message).help(help))
}

/// Whether one of the stages holds a stream of the step; all but the last write into a pipe.
fn pipeline_keeps(pipeline: &Pipeline<'_>, streams: Streams) -> bool {
    let last = pipeline.stages.len().saturating_sub(1);
    pipeline.stages.iter().enumerate().any(|(at, stage)| {
        let own = Streams { out: streams.out && at == last, err: streams.err && !pipeline.merged.contains(&at) };
        keeps(stage, own)
    })
}

fn keeps(stage: &Stage<'_>, streams: Streams) -> bool {
    let mut streams = streams.behind(stage.redirections());
    let Stage::Block(block) = stage else { return !streams.sent() };
    let lists = block.conditions.iter().chain(&block.bodies);
    let mut kept = false;
    for pipeline in lists.flatten() {
        match pipeline.stages.as_slice() {
            // `exec >f 2>&1` holds for all that follows.
            [Stage::Simple(command)] if command.is(&["exec"]) && command.arguments().is_empty() => {
                streams = streams.behind(&command.redirections);
            }
            _ => kept |= pipeline_keeps(pipeline, streams),
        }
    }
    kept
}
