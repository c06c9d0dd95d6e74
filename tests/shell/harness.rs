use std::future::{Future, pending};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stepgate::shell::{
    How, Hurry, OutputSink, Session, SessionConfig, ShellKind, StepEnd, StepRequest, Stream, become_subreaper,
    local_environment,
};

/// Long enough that only a hang reaches it.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Keeps what it is given.
#[derive(Default)]
pub struct Recorder {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub late: Vec<(u64, Stream, Vec<u8>)>,
}

impl OutputSink for Recorder {
    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => self.stdout.extend(bytes),
            Stream::Stderr => self.stderr.extend(bytes),
        }
    }

    fn late(&mut self, step: u64, stream: Stream, bytes: &[u8]) {
        self.late.push((step, stream, bytes.to_vec()));
    }
}

impl Recorder {
    pub fn late_text(&self, step: u64) -> String {
        let of_step = self.late.iter().filter(|(id, ..)| *id == step);
        of_step.map(|(.., bytes)| String::from_utf8_lossy(bytes)).collect()
    }
}

/// A step that ended, with what it printed.
#[derive(Debug)]
pub struct Ran {
    pub end: StepEnd,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn code(&self) -> i32 {
        match self.end.how {
            How::Exited(code) => code,
            _ => panic!("{self:?}"),
        }
    }

    pub fn reason(&self) -> &str {
        match &self.end.how {
            How::NotRun(reason) => reason,
            _ => panic!("{self:?}"),
        }
    }
}

/// A session with a recorder and step ids that count from 1.
pub struct Shell {
    pub session: Session,
    pub recorder: Recorder,
    pub id: u64,
}

pub fn config() -> SessionConfig {
    SessionConfig {
        prefix: Vec::new(),
        shell: ShellKind::Bash,
        directory: std::env::temp_dir(),
        environment: local_environment(std::env::vars_os()),
        assigned: Vec::new(),
        grace: Duration::from_millis(300),
        drain: Duration::from_millis(300),
        run: String::new(),
        hurry: Hurry::default(),
    }
}

impl Shell {
    pub async fn start() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: SessionConfig) -> Self {
        become_subreaper().expect("prctl");
        let session = Session::start(config, LIMIT, std::future::pending()).await.expect("a session");
        Self { session, recorder: Recorder::default(), id: 0 }
    }

    pub fn request<'a>(&mut self, script: &'a str) -> StepRequest<'a> {
        self.id += 1;
        StepRequest {
            id: self.id,
            script,
            variables: &[],
            unset: &[],
            timeout: LIMIT,
            combined: false,
            stdin: None,
            interpreter: None,
        }
    }

    pub async fn run(&mut self, script: &str) -> Ran {
        let request = self.request(script);
        self.run_request(request).await
    }

    pub async fn run_for(&mut self, script: &str, timeout: Duration) -> Ran {
        let request = StepRequest { timeout, ..self.request(script) };
        self.run_request(request).await
    }

    pub async fn run_with(&mut self, script: &str, name: &str, value: &str) -> Ran {
        let variables = [(name.to_owned(), value.to_owned())];
        let request = StepRequest { variables: &variables, ..self.request(script) };
        self.run_request(request).await
    }

    pub async fn run_request(&mut self, request: StepRequest<'_>) -> Ran {
        self.recorder.stdout.clear();
        self.recorder.stderr.clear();
        let end = self.session.run(request, &mut self.recorder, pending()).await;
        Ran {
            end,
            stdout: String::from_utf8_lossy(&self.recorder.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&self.recorder.stderr).into_owned(),
        }
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime").block_on(future)
}

/// A duration for `sleep` that no other process has, to find the processes of one test by.
pub fn tag() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("600.{}{:04}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The processes in whose command line `tag` occurs, zombies apart.
pub fn tagged(tag: &str) -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).split('\0').any(|word| word == tag)
    })
    .collect()
}

/// Ends what a test left on purpose, by pid.
pub fn end_tagged(tag: &str) {
    for pid in tagged(tag) {
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
