//! A recording's file, read.

use super::lines::{ActLine, EndLine, Line};
use super::recording::{Act, ProbeAct, RECORDING_FORMAT, RecordedStep, Recording, RecordingHead, Streams};
use crate::event::Status;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;

/// Why a file is no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecording {
    /// It has a format that is not known here.
    #[error("it was written by a newer stepgate, format {0}; this one reads up to {RECORDING_FORMAT}")]
    Newer(u64),
    /// A line is not what it must be.
    #[error("line {line}: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// Reads the bytes of a recording's file.
///
/// # Errors
///
/// The first line that is not what it must be.
pub fn read_recording(bytes: &[u8]) -> Result<Recording, BadRecording> {
    let at = |line: usize| move |why: String| BadRecording::Line { line, why };
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let (first, _) = lines.next().ok_or_else(|| at(1)("it is empty".to_owned()))?;
    refuse_newer(first)?;
    let Line::Recording(head) = parse(first).map_err(at(1))? else {
        return Err(at(1)("it is no head of a recording".to_owned()));
    };
    let mut reader = Reader { head, steps: Vec::new(), names: HashSet::new(), last: Last::Nothing, ended: false };
    let mut count = 1;
    for (line, number) in lines {
        count = number;
        reader.take(parse(line).map_err(at(number))?).map_err(at(number))?;
    }
    match reader.ended {
        true => Ok(Recording { head: reader.head, steps: reader.steps }),
        false => Err(at(count)("the end is missing: it was cut off".to_owned())),
    }
}

/// A later format may have another head; that it is later is all that is said of it.
fn refuse_newer(first: &[u8]) -> Result<(), BadRecording> {
    #[derive(Deserialize)]
    struct First {
        recording: Format,
    }
    #[derive(Deserialize)]
    struct Format {
        format: u64,
    }
    match serde_json::from_slice(first) {
        Ok(First { recording: Format { format } }) if format > u64::from(RECORDING_FORMAT) => {
            Err(BadRecording::Newer(format))
        }
        _ => Ok(()),
    }
}

fn parse(line: &[u8]) -> Result<Line, String> {
    let line = line.strip_suffix(b"\n").ok_or("it has no line end: it was cut off")?;
    serde_json::from_slice(line).map_err(|error| format!("it is no line of a recording: {error}"))
}

/// Whose output the next lines are.
enum Last {
    Nothing,
    Act,
    Probe,
}

struct Reader {
    head: RecordingHead,
    steps: Vec<RecordedStep>,
    names: HashSet<String>,
    last: Last,
    ended: bool,
}

impl Reader {
    fn take(&mut self, line: Line) -> Result<(), String> {
        if self.ended {
            return Err("it stands behind the end".to_owned());
        }
        match line {
            Line::Recording(_) => return Err("a recording has one head".to_owned()),
            Line::Step(step) => {
                if !matches!(step.status, Status::Passed | Status::Skipped | Status::Satisfied) {
                    return Err(format!("no step of a passed run is {}", step.status.as_str()));
                }
                if !self.names.insert(step.name.clone()) {
                    return Err("the step stands twice".to_owned());
                }
                let (name, status) = (step.name, step.status);
                self.steps.push(RecordedStep { name, status, act: None, probes: Vec::new() });
                self.last = Last::Nothing;
            }
            Line::Did(did) => {
                let step = self.steps.last_mut().filter(|step| step.act.is_none());
                step.ok_or("it belongs to no step")?.act = Some(act(did));
                self.last = Last::Act;
            }
            Line::Probe(probe) => {
                let step = self.steps.last_mut().filter(|step| step.act.is_none()).ok_or("it belongs to no step")?;
                step.probes.push(ProbeAct { moment: probe.moment, passed: probe.passed, act: act(probe.did) });
                self.last = Last::Probe;
            }
            Line::Out(text) => self.stream(|streams| &mut streams.stdout)?.extend([text.as_bytes(), b"\n"].concat()),
            Line::OutPart(text) => self.stream(|streams| &mut streams.stdout)?.extend(text.as_bytes()),
            Line::OutBytes(text) => self.stream(|streams| &mut streams.stdout)?.extend(bytes(&text)?),
            Line::Err(text) => self.stream(|streams| &mut streams.stderr)?.extend([text.as_bytes(), b"\n"].concat()),
            Line::ErrPart(text) => self.stream(|streams| &mut streams.stderr)?.extend(text.as_bytes()),
            Line::ErrBytes(text) => self.stream(|streams| &mut streams.stderr)?.extend(bytes(&text)?),
            Line::End(end) => self.end(&end)?,
        }
        Ok(())
    }

    fn stream(&mut self, which: fn(&mut Streams) -> &mut Vec<u8>) -> Result<&mut Vec<u8>, String> {
        let step = self.steps.last_mut();
        let act = step.and_then(|step| match self.last {
            Last::Nothing => None,
            Last::Act => step.act.as_mut(),
            Last::Probe => step.probes.last_mut().map(|probe| &mut probe.act),
        });
        let streams = act.and_then(|act| act.streams.as_mut());
        streams.map(which).ok_or_else(|| "it is output of nothing that printed".to_owned())
    }

    fn end(&mut self, end: &EndLine) -> Result<(), String> {
        let acts = self.steps.iter_mut().flat_map(|step| {
            let probes = step.probes.iter_mut().map(|probe| &mut probe.act);
            probes.chain(&mut step.act)
        });
        let mut times = end.times.iter();
        for act in acts {
            let (started, elapsed) = times.next().ok_or("it has fewer times than scripts were run")?;
            (act.started, act.elapsed) = (*started, Duration::from_millis(*elapsed));
        }
        self.ended = true;
        times.next().is_none().then_some(()).ok_or_else(|| "it has more times than scripts were run".to_owned())
    }
}

/// What a script did, until the end says when.
fn act(line: ActLine) -> Act {
    let ActLine { deed, exit: exit_code, attempt, captured, withheld } = line;
    let streams = (!withheld).then(Streams::default);
    Act { deed, exit_code, attempt, captured, streams, started: Timestamp::UNIX_EPOCH, elapsed: Duration::ZERO }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(text).map_err(|error| format!("it is no base64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Moment;
    use crate::hash::{Hash256, sha256};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn streams() -> impl Strategy<Value = Option<Streams>> {
        let bytes = || {
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "(\\PC|\n|\r|\u{202e}){0,12}".prop_map(String::into_bytes)
            ]
        };
        prop::option::of((bytes(), bytes()).prop_map(|(stdout, stderr)| Streams { stdout, stderr }))
    }

    fn acts() -> impl Strategy<Value = Act> {
        let captured = prop::collection::btree_map("[A-Z]{1,3}", "\\PC{0,5}", 0..3);
        (streams(), prop::option::of(0..256), 1..9u32, captured, 0..i64::from(u32::MAX)).prop_map(
            |(streams, exit_code, attempt, captured, time)| Act {
                deed: sha256(&time.to_le_bytes()),
                exit_code,
                attempt,
                captured,
                streams,
                started: Timestamp::from_millisecond(time * 1000).unwrap(),
                elapsed: Duration::from_millis(time.unsigned_abs()),
            },
        )
    }

    fn recordings() -> impl Strategy<Value = Recording> {
        let moment = prop_oneof![Just(Moment::Before), Just(Moment::After)];
        let probes = prop::collection::vec((moment, any::<bool>(), acts()), 0..3);
        let step = (probes, prop::option::of(acts()));
        prop::collection::vec(step, 0..5).prop_map(|steps| {
            type Made = (Vec<(Moment, bool, Act)>, Option<Act>);
            let step = |(at, (probes, act)): (usize, Made)| RecordedStep {
                name: format!("s{at}"),
                status: Status::Passed,
                act,
                probes: probes.into_iter().map(|(moment, passed, act)| ProbeAct { moment, passed, act }).collect(),
            };
            Recording { head: head(), steps: steps.into_iter().enumerate().map(step).collect() }
        })
    }

    fn head() -> RecordingHead {
        RecordingHead {
            format: RECORDING_FORMAT,
            runbook: "r.md".to_owned(),
            plan: Hash256::ZERO,
            runbook_sha256: Hash256::ZERO,
            run: "one".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            operator: "a@b".to_owned(),
            stepgate: "0".to_owned(),
            profile: None,
            params: BTreeMap::new(),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_can_be_shown_as_it_is(recording in recordings()) {
            let text = recording.text();
            prop_assert!(!text.contains(|c| c != '\n' && c != '\t' && crate::text::is_dangerous(c)));
            prop_assert_eq!(read_recording(text.as_bytes()).unwrap(), recording);
        }

        #[test]
        fn a_line_less_is_never_read_as_something_else(recording in recordings(), gone in any::<prop::sample::Index>()) {
            let text = recording.text();
            let mut lines: Vec<_> = text.split_inclusive('\n').collect();
            let gone = lines.remove(gone.index(lines.len()));
            // A line of output that is missing looks like one that was never printed: the repository keeps those.
            let output = ["{\"out", "{\"err", "{\"step"].iter().any(|start| gone.starts_with(start));
            prop_assert!(output || read_recording(lines.concat().as_bytes()).is_err());
        }
    }
}
