//! A store with runs of several kinds, and one that can be spoilt and mended.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const RUNBOOK: &str = "---\nstepgate: 1\nacceptance: { AC1: it is kept }\n---\n# Keep\n\n\
    ```bash {name=save satisfies=AC1}\nseq 1 6000; echo done >&2\n```\n\n\
    ```bash {name=look effect=read}\necho seen\n```\n\n```output\nseen\n```\n\n\
    ```bash {name=last effect=read}\ntest -e ok || echo no\n```\n\n```output\n```\n\n\
    ```bash {name=tidy effect=read always}\necho tidy\n```\n";

/// A folder with a store in it, keys, and what was there before anybody changed it.
pub struct Store {
    folder: TempDir,
    /// Each file of the store, with its bytes.
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Store {
    /// Runs `one`, sealed, in two parts; `two`, sealed; `three`, which waits. `one` is signed by `me@example.org`.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("audit").tempdir().unwrap();
        let mut store = Self { folder, files: Vec::new() };
        std::fs::write(store.path("r.md"), RUNBOOK).unwrap();
        assert_eq!(store.run(&["run", "r.md", "--run-id", "one", "--yes"]).status.code(), Some(1), "it fails at first");
        std::fs::write(store.path("ok"), "").unwrap();
        assert_eq!(store.run(&["resume", "one", "--yes"]).status.code(), Some(0));
        assert_eq!(store.run(&["run", "r.md", "--run-id", "two", "--yes"]).status.code(), Some(0));
        assert_eq!(store.run(&["run", "r.md", "--run-id", "three"]).status.code(), Some(3));
        store.key("key", "me@example.org", "allowed");
        store.key("other", "you@example.org", "others");
        let signed = store.run(&["sign", "one", "--key", "key"]);
        assert!(signed.status.success(), "{signed:?}");
        store.files = files(&store.path(".stepgate"));
        store
    }

    fn key(&self, name: &str, principal: &str, allowed: &str) {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-f", name]).current_dir(self.folder.path());
        let made = command.status().unwrap();
        assert!(made.success());
        let public = std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        std::fs::write(self.path(allowed), format!("{principal} {public}")).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the store.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path(".stepgate").join(name)
    }

    /// The bytes of a file of the store, as they were.
    pub fn bytes(&self, name: &str) -> &[u8] {
        let path = self.file(name);
        &self.files.iter().find(|(known, _)| *known == path).unwrap_or_else(|| panic!("{name}")).1
    }

    /// The name of the signature over `one`'s seal.
    pub fn signature_name(&self) -> String {
        let is_signature = |path: &Path| path.extension().is_some_and(|extension| extension == "sig");
        let (path, _) = self.files.iter().find(|(path, _)| is_signature(path)).expect("it is signed");
        path.strip_prefix(self.path(".stepgate")).unwrap().to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), bytes).unwrap();
    }

    /// The built binary in the folder.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepgate"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(std::process::Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.folder.path()).output().unwrap()
    }

    /// What the built binary prints.
    pub fn says(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap().trim_end().to_owned()
    }

    /// Puts everything back.
    pub fn mend(&self) {
        for (path, _) in
            files(&self.path(".stepgate")).iter().filter(|(path, _)| self.files.iter().all(|(known, _)| known != path))
        {
            std::fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.files {
            if std::fs::read(path).ok().as_ref() != Some(bytes) {
                std::fs::write(path, bytes).unwrap();
                std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            }
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![(path.clone(), std::fs::read(path).unwrap())] });
    below.collect()
}
