//! What a step costs against a shell of its own: `cargo bench --bench session`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::future::pending;
use std::process::Command;
use std::time::{Duration, Instant};

use stepgate::shell::{Hurry, OutputSink, Session, SessionConfig, ShellKind, StepRequest, Stream, local_environment};

struct Discard;

impl OutputSink for Discard {
    fn output(&mut self, _: Stream, _: &[u8]) {}
    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}

fn main() {
    for _ in 0..5 {
        let started = Instant::now();
        for _ in 0..1000 {
            assert!(Command::new("bash").args(["-c", "echo"]).output().expect("bash").status.success());
        }
        let shells = started.elapsed();
        let started = Instant::now();
        steps(1000);
        let session = started.elapsed();
        let ratio = session.as_secs_f64() / shells.as_secs_f64();
        println!("{session:.0?} for steps, {shells:.0?} for shells, ratio {ratio:.3}");
    }
}

fn steps(count: u64) {
    let config = SessionConfig {
        prefix: Vec::new(),
        shell: ShellKind::Bash,
        directory: std::env::temp_dir(),
        environment: local_environment(std::env::vars_os()),
        assigned: Vec::new(),
        grace: Duration::from_millis(300),
        drain: Duration::from_millis(300),
        run: String::new(),
        hurry: Hurry::default(),
    };
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime").block_on(async {
        let mut session =
            Session::start(config, Duration::from_secs(30), std::future::pending()).await.expect("a session");
        for id in 0..count {
            let timeout = Duration::from_secs(10);
            let request = StepRequest {
                id,
                script: "echo",
                variables: &[],
                unset: &[],
                timeout,
                combined: false,
                stdin: None,
                interpreter: None,
            };
            session.run(request, &mut Discard, pending()).await;
        }
        session.close(&mut Discard).await;
    });
}
