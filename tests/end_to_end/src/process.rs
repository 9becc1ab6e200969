use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A process that runs until it is dropped, and is killed then.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// The first line that it said, when it was ready.
    pub ready: String,
    out: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a process, with its standard error in `log`, and waits for its first line.
    ///
    /// # Panics
    /// It does not start, or says nothing.
    #[must_use]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let log_file = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log_file);
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        out.read_line(&mut ready).unwrap();
        let said = std::fs::read_to_string(log).unwrap_or_default();
        assert!(!ready.is_empty(), "{command:?} did not start: {said}");
        Self { child, ready: ready.trim_end().to_owned(), out }
    }

    /// Waits for the next JSON object that it says.
    ///
    /// # Panics
    /// It ends without.
    #[must_use]
    pub fn next_object(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it said no more than {}", self.ready);
        serde_json::from_str(&line).unwrap()
    }

    /// A field of the JSON object that it said.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn text(&self, field: &str) -> String {
        let ready: Value = serde_json::from_str(&self.ready).unwrap();
        ready[field].as_str().unwrap().to_owned()
    }

    /// Tells it to stop, as a system does that shuts down, and waits until it has.
    ///
    /// # Panics
    /// It cannot be told.
    #[must_use]
    pub fn end(mut self) -> ExitStatus {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }

    /// Kilobytes of memory that it occupies.
    ///
    /// # Panics
    /// The system does not say.
    #[must_use]
    pub fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One of our programs, or an LDK peer.
///
/// # Panics
/// It is not built.
#[must_use]
pub fn program(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.is_file(), "no {}: run `cargo xtask test`", path.display());
    Command::new(path)
}

/// Runs a program to its end and reads the JSON that it prints, a line each.
///
/// # Panics
/// It prints something else.
#[must_use]
pub fn ask(command: &mut Command) -> Vec<Value> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |line| serde_json::from_str(line).unwrap();
    let answers: Vec<Value> = lines.lines().map(read).collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!answers.is_empty(), "{command:?} said nothing: {complaint}");
    answers
}
