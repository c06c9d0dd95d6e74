//! The two verifiers: stepgate's own, in this process, and the one in Python, in one process for all questions.

use crate::store::Store;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use stepgate::audit::{Check, Finding, Unasked};

/// What stepgate says of a run.
pub fn look(store: &Store, run: &str) -> Finding {
    let opened = stepgate::journal::Store::open(&store.path(".stepgate")).unwrap().unwrap();
    let listing = opened.ledger().listing();
    let check = Check { listing: Some(&listing), exported: false, strangers: &[], heads: &[], signatures: &Unasked };
    let found = stepgate::journal::RunId::parse(run).ok().and_then(|run| opened.folder_of(&run));
    found.map_or_else(|| Finding::gone(run), |folder| check.record(&folder))
}

/// The same in the words of `verify.py`.
pub fn words(finding: &Finding) -> String {
    let place = finding.doubts.iter().find_map(|doubt| Some((doubt.record?, doubt.byte?)));
    let place = place.map(|(record, byte)| format!(" record {record} byte {byte}")).unwrap_or_default();
    format!("{} {}{place}", finding.run, finding.word())
}

/// `verify.py`, waiting for questions.
pub struct Python {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/verify.py");
        let mut command = Command::new("python3");
        command.args(["-B", script, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (questions, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, questions, answers }
    }

    pub fn ask(&mut self, store: &Store, run: &str) -> String {
        let questions = self.questions.as_mut().unwrap();
        writeln!(questions, "{} {run}", store.path(".stepgate").display()).unwrap();
        questions.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "verify.py has ended");
        answer.trim_end().to_owned()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.questions.take());
        _ = self.child.wait();
    }
}
