//! Alone in its process, because it reads the peak memory of the process.

use std::future::pending;
use std::time::Duration;

use stepgate::shell::{Hurry, OutputSink, Session, SessionConfig, ShellKind, StepRequest, Stream, local_environment};

const LIMIT: Duration = Duration::from_secs(120);

fn config() -> SessionConfig {
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

/// Counts, and keeps nothing.
#[derive(Default)]
struct Counter {
    bytes: usize,
    longest: usize,
}

impl OutputSink for Counter {
    fn output(&mut self, _: Stream, bytes: &[u8]) {
        self.bytes += bytes.len();
        self.longest = self.longest.max(bytes.len());
    }

    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}

#[test]
fn two_hundred_megabytes_and_a_line_of_a_hundred_need_little_memory() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime").block_on(async {
        let mut session = Session::start(config(), LIMIT, std::future::pending()).await.expect("a session");
        let mut counter = Counter::default();
        let script = "yes line 2>/dev/null | head -c 200000000 || true; head -c 100000000 /dev/zero | tr '\\0' x";
        let request = StepRequest {
            id: 1,
            script,
            variables: &[],
            unset: &[],
            timeout: LIMIT,
            combined: false,
            stdin: None,
            interpreter: None,
        };
        let end = session.run(request, &mut counter, pending()).await;
        assert_eq!(counter.bytes, 300_000_000, "{end:?}");
        assert!(counter.longest <= 64 * 1024);
        session.close(&mut counter).await;
    });
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    assert!(peak < 64 * 1024, "{peak} kB");
}
