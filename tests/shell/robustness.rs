use std::ffi::OsString;

use stepgate::shell::{How, Session, SessionError, local_environment};

use crate::harness::{LIMIT, Shell, block_on, config};

#[test]
fn bash_env_never_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, ran) = (folder.path().join("env"), folder.path().join("ran"));
    std::fs::write(&file, format!("echo $$ >>{}; echo spoilt", ran.display())).expect("a file");
    let mut config = config();
    for name in ["BASH_ENV", "ENV"] {
        config.environment.push((name.into(), file.clone().into()));
    }
    block_on(async {
        let mut shell = Shell::with(config).await;
        assert_eq!(shell.run("echo a").await.stdout, "a\n");
        shell.run("exit 1").await;
        assert_eq!(shell.run("echo b").await.stdout, "b\n");
    });
    assert!(!ran.exists());
}

#[test]
fn functions_in_the_environment_do_not_reach_the_outer_shell() {
    let mut config = config();
    for name in ["read", "printf", "exec", "set", "trap"] {
        config.environment.push((format!("BASH_FUNC_{name}%%").into(), "() { exit 7; }".into()));
    }
    // They do reach the inner one, which is why `local_environment` drops them.
    config.environment = local_environment(config.environment);
    block_on(async {
        assert_eq!(Shell::with(config).await.run("echo a").await.stdout, "a\n");
    });
}

#[test]
fn the_local_environment_drops_what_changes_a_shell() {
    let all = [
        "BASH_ENV",
        "ENV",
        "PS4",
        "SHELLOPTS",
        "BASHOPTS",
        "LD_PRELOAD",
        "STEPGATE_SESSION",
        "BASH_FUNC_f%%",
        "KUBECONFIG",
        "ENVIRONMENT",
    ];
    let all = all.map(|name| (OsString::from(name), OsString::from("x"))).into_iter();
    let old: (OsString, OsString) = ("f".into(), "() { :; }".into());
    let kept: Vec<OsString> = local_environment(all.chain([old])).into_iter().map(|pair| pair.0).collect();
    assert_eq!(kept, ["KUBECONFIG", "ENVIRONMENT"]);
}

#[test]
fn a_shell_that_is_missing_or_no_bash_is_an_error_of_the_start() {
    block_on(async {
        let folder = std::env::temp_dir().join(format!("stepgate-no-bash-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = |folder: &std::path::Path| vec![("PATH".into(), folder.as_os_str().to_owned())];
        let mut missing = config();
        missing.environment = path(&folder);
        assert!(matches!(
            Session::start(missing, LIMIT, std::future::pending()).await,
            Err(SessionError::Spawn { .. })
        ));
        let mut other = config();
        std::os::unix::fs::symlink("/bin/true", folder.join("bash")).expect("a link");
        other.environment = path(&folder);
        let error = Session::start(other, LIMIT, std::future::pending()).await.err().expect("an error");
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        assert!(error.to_string().starts_with("`bash` does not answer as a bash"), "{error}");
    });
}

#[test]
fn what_is_no_variable_is_refused() {
    block_on(async {
        let mut shell = Shell::start().await;
        for (name, value) in [("A B", "x"), ("", "x"), ("1A", "x"), ("A;touch x", "x"), ("A", "x\0y")] {
            let ran = shell.run_with("true", name, value).await;
            assert!(matches!(ran.end.how, How::NotRun(_)), "{ran:?}");
        }
        assert_eq!(shell.run("true").await.code(), 0);
    });
}

#[test]
fn a_shell_with_few_descriptors_or_a_closed_control_connection_does_not_hang() {
    block_on(async {
        let mut shell = Shell::start().await;
        for script in ["exec 231<&-", "exec 232>&-", "exec 231<&- 232>&-"] {
            let ran = shell.run(script).await;
            assert!(matches!(ran.end.how, How::Exited(126)), "{script}: {ran:?}");
            assert_eq!(shell.run("echo next").await.stdout, "next\n", "{script}");
        }
        assert_eq!(shell.run("ulimit -n 16").await.code(), 0);
        assert_eq!(shell.run("echo next").await.stdout, "next\n");
    });
}
