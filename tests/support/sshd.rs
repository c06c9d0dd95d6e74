//! A real `sshd` on 127.0.0.1 with keys of its own, and a client configuration that shares one connection.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The host's name in the client's configuration.
pub const HOST: &str = "lab-host";

/// A running server; it ends with this value.
pub struct Sshd {
    folder: TempDir,
    server: Child,
}

impl Sshd {
    /// Starts the server, as root or as an ordinary user.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        keygen(&path("host"));
        keygen(&path("client"));
        std::fs::copy(path("client.pub"), path("authorized_keys")).expect("a key");
        // The port could be taken by somebody else before the server has it; then it does not answer, and the test fails.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let shown = folder.path().display();
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized_keys\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPrintMotd no\n"
        );
        std::fs::write(path("sshd_config"), server).expect("a file");
        let client = format!(
            "Host {HOST}\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {shown}/client\n  IdentitiesOnly yes\n  BatchMode yes\n\
             UserKnownHostsFile {shown}/known_hosts\n  StrictHostKeyChecking accept-new\n  ControlMaster auto\n  ControlPath {shown}/c\n\
             ControlPersist 20\n  LogLevel ERROR\n"
        );
        std::fs::write(path("ssh_config"), client).expect("a file");
        _ = std::fs::create_dir_all("/run/sshd");
        let program = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|program| Path::new(program).exists());
        let program = program.expect("sshd is missing: scripts/install-packages");
        let server = Command::new(program)
            .args(["-D", "-e", "-f"])
            .arg(path("sshd_config"))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(path("log")).expect("a file"))
            .spawn()
            .expect("sshd starts");
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(path("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { folder, server }
    }

    /// The client's configuration, for `ssh -F`.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    /// The command of a target on this host.
    pub fn target(&self) -> String {
        format!("ssh -F {} {HOST}", self.config().display())
    }

    /// Ends the shared connection, as an outage would.
    pub fn cut(&self) {
        _ = Command::new("ssh").arg("-F").arg(self.config()).args(["-O", "exit", HOST]).stderr(Stdio::null()).status();
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
        _ = self.server.kill();
        _ = self.server.wait();
    }
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(made.expect("ssh-keygen").success());
}
