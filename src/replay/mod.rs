//! Today's runbook held against what really happened last time.
//!
//! In: a [`Plan`](crate::plan::Plan) and a [`Recording`], a passed run that is kept beside its runbook. Out: for each step
//! whether the plan would still accept what was recorded of it. It must never run anything, or know where a recording lies.

mod accept;
mod deed;
mod findings;
mod held;
mod inputs;
mod lines;
mod make;
mod masked;
mod player;
mod reading;
mod recording;
mod strength;
mod text;
mod unknown;
mod verdict;
mod words;

pub use accept::{BlockChange, NoChange, block_changes};
pub use deed::deed;
pub use findings::{expired, findings, moved, unjudged, unplanned, unreadable, unrecorded, weak};
pub use held::{Ended, Ground, Held};
pub use inputs::{inputs_of_recording, inputs_of_run};
pub use make::{NoRecording, gather, make};
pub use player::{Judged, Stage, rearranged, replay};
pub use reading::{BadRecording, read_recording};
pub use recording::{Act, ProbeAct, RECORDING_FORMAT, RecordedStep, Recording, RecordingHead, SUFFIX, Streams};
pub use strength::{Kind, Missed, Mutation, Strength, mutations, strengths};
pub use verdict::{Replayed, Verdict, overall};
