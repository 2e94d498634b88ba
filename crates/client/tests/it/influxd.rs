//! Starts a private InfluxDB 1.x with a separate directory and free ports. The server ends when the
//! process that started it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;

use tempfile::TempDir;

use crate::tls::Identity;

/// A shell script that runs the server until the pipe to the script's standard input closes. The
/// pipe closes in whatever way the process at its other end ends. When the server has ended, the
/// script removes the directory.
const KEEPER: &str = r#"
"${AIOINFLUX_INFLUXD:-influxd}" -config "$1/influxd.toml" &
server=$!
echo "$server"
cat > /dev/null
kill -9 "$server"
wait "$server" 2> /dev/null
rm -rf "$1"
"#;

/// A running server. Dropping this value stops the server.
pub(crate) struct Influxd {
    pub(crate) port: u16,
    pub(crate) socket: PathBuf,
    keeper: Child,
    stdin: Option<ChildStdin>,
}

/// The settings in which a server differs from the default server.
#[derive(Default)]
pub(crate) struct Settings<'a> {
    pub(crate) auth: bool,
    pub(crate) https: Option<&'a Identity>,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_rows: usize,
}

/// Returns the server that all tests share if they need no special settings.
pub(crate) fn shared() -> &'static Influxd {
    static SHARED: OnceLock<Influxd> = OnceLock::new();
    SHARED.get_or_init(|| Influxd::start(&Settings::default()))
}

impl Influxd {
    pub(crate) fn start(settings: &Settings<'_>) -> Self {
        // The script `KEEPER` removes the directory of the server, because a static is never
        // dropped.
        let dir = TempDir::with_prefix("influxd-").unwrap().keep();
        fs::write(dir.join("influxd.toml"), config(&dir, settings)).unwrap();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let stdin = keeper.stdin.take();
        let mut pid = String::new();
        BufReader::new(keeper.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        let port = listening_port(BufReader::new(keeper.stderr.take().unwrap()));
        assert!(
            owns_port(pid.trim(), port),
            "influxd {pid} does not own port {port}"
        );
        Self {
            port,
            socket: dir.join("influxd.sock"),
            keeper,
            stdin,
        }
    }
}

impl Drop for Influxd {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.keeper.wait().unwrap();
    }
}

fn config(dir: &Path, settings: &Settings<'_>) -> String {
    let Settings {
        auth,
        https,
        max_body_bytes,
        max_rows,
    } = settings;
    let mut secure = format!("https-enabled = {}\n", https.is_some());
    if let Some(identity) = https {
        for (key, name, text) in [
            ("https-certificate", "server.pem", &identity.certificate),
            ("https-private-key", "server.key", &identity.key),
        ] {
            let path = dir.join(name);
            fs::write(&path, text).unwrap();
            // A 1.13 server does not start if other users can read its private key.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            secure.extend([key, " = \"", path.to_str().unwrap(), "\"\n"]);
        }
    }
    let dir = dir.display();
    format!(
        r#"
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{dir}/meta"
[data]
dir = "{dir}/data"
wal-dir = "{dir}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
[http]
bind-address = "127.0.0.1:0"
log-enabled = false
auth-enabled = {auth}
max-body-size = {max_body_bytes}
max-row-limit = {max_rows}
unix-socket-enabled = true
bind-socket = "{dir}/influxd.sock"
{secure}"#
    )
}

/// Reads the server's log until the server listens on all its ports. Reading continues afterwards,
/// so that the pipe of the log never fills.
fn listening_port(log: impl BufRead + Send + 'static) -> u16 {
    let (found, port) = mpsc::channel();
    thread::spawn(move || {
        let mut http = None;
        let mut said = String::new();
        for line in log.lines().map_while(Result::ok) {
            if line.contains("Listening on HTTP") {
                http = line
                    .split_once("addr=127.0.0.1:")
                    .map(|(_, rest)| rest.split(' ').next().unwrap().parse::<u16>().unwrap());
            }
            if line.contains("Listening on unix socket") {
                let _ = found.send(Ok(http.unwrap()));
            }
            if http.is_none() {
                said.push_str(&line);
                said.push('\n');
            }
        }
        let _ = found.send(Err(said));
    });
    match port.recv().unwrap() {
        Ok(port) => port,
        Err(log) => panic!("influxd did not start; is it on the PATH?\n{log}"),
    }
}

/// Returns whether the process `pid` listens on this port, because another server could have taken
/// the port.
fn owns_port(pid: &str, port: u16) -> bool {
    let wanted = format!(":{port:04X}");
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let listening = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(3) == Some(&"0A") && fields[1].ends_with(&wanted);
        listens.then(|| format!("socket:[{}]", fields[9]))
    });
    let listening: Vec<String> = listening.collect();
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let mut links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    links.any(|link| {
        listening
            .iter()
            .any(|socket| link.as_os_str() == socket.as_str())
    })
}
