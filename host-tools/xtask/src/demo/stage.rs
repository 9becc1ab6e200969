use core::time::Duration;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

/// A folder and some processes, all of which are gone afterwards, however this ends.
pub(crate) struct Stage(Arc<Mutex<Props>>);

struct Props {
    /// Taken when it is removed.
    folder: Option<TempDir>,
    actors: Vec<Actor>,
}

/// A process that runs until it is ended.
struct Actor {
    name: &'static str,
    child: Child,
}

/// What a process says on its standard output, line by line.
pub(crate) struct Lines {
    name: &'static str,
    said: Receiver<String>,
}

impl Lines {
    /// Waits for the next line.
    pub(crate) fn next(&self) -> Result<String> {
        let Self { name, said } = self;
        match said.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Disconnected) => bail!("the {name} ended too early"),
            Err(RecvTimeoutError::Timeout) => {
                bail!("the {name} said nothing within {} s", PATIENCE.as_secs())
            }
        }
    }
}

impl Stage {
    pub(crate) fn open() -> Result<Self> {
        let folder = Some(tempfile::tempdir()?);
        let props = Arc::new(Mutex::new(Props { folder, actors: Vec::new() }));
        let on_signal = props.clone();
        ctrlc::set_handler(move || {
            lock(&on_signal).clear();
            std::process::exit(INTERRUPTED);
        })?;
        Ok(Self(props))
    }

    /// A file of this stage.
    pub(crate) fn path(&self, name: &str) -> String {
        let props = lock(&self.0);
        let path = props.folder.as_ref().map(|folder| folder.path().join(name));
        path.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Starts a process and waits for its first line, which says that it is ready.
    pub(crate) fn start(&self, name: &'static str, command: Command) -> Result<String> {
        self.listen(name, command).map(|(ready, _)| ready)
    }

    /// As [`Stage::start`], with what the process says after that.
    pub(crate) fn listen(
        &self,
        name: &'static str,
        mut command: Command,
    ) -> Result<(String, Lines)> {
        let log = File::create(self.path(&log_name(name)))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().with_context(|| format!("the {name} does not start"))?;
        let out = child.stdout.take();
        lock(&self.0).actors.push(Actor { name, child });
        let out = BufReader::new(out.context("a process without standard output")?);
        let (say, said) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // Where nobody listens, it is read all the same: it must not block the process.
                let _told = say.send(line);
            }
        });
        let lines = Lines { name, said };
        let ready = lines.next()?;
        Ok((ready, lines))
    }

    /// Ends a process as its user would, and waits until it has.
    pub(crate) fn end(&self, name: &str) -> Result<()> {
        let mut props = lock(&self.0);
        let place = props.actors.iter().position(|actor| actor.name == name);
        let mut actor = props.actors.remove(place.with_context(|| format!("no {name}"))?);
        let mut kill = Command::new("kill");
        crate::process::succeeds(kill.arg(actor.child.id().to_string()));
        let ended = actor.child.wait()?;
        if !ended.success() {
            bail!("the {name} ended with {ended}");
        }
        Ok(())
    }

    /// What the processes said last on their standard errors, for a failure's message.
    pub(crate) fn last_words(&self) -> String {
        let names: Vec<_> = lock(&self.0).actors.iter().map(|actor| actor.name).collect();
        let mut words = vec!["the demo failed".to_owned()];
        for name in names {
            let log = fs::read_to_string(self.path(&log_name(name))).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = lines.len().saturating_sub(LAST_LINES);
            words.extend(lines.iter().skip(last).map(|line| format!("  {name}: {line}")));
        }
        words.join("\n")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        lock(&self.0).clear();
    }
}

impl Props {
    fn clear(&mut self) {
        for actor in &mut self.actors {
            // One that has ended already cannot be ended.
            let _ended = actor.child.kill();
            let _reaped = actor.child.wait();
        }
        self.actors.clear();
        self.folder = None;
    }
}

/// Runs a program to its end and reads the JSON that it prints.
pub(crate) fn ask(command: &mut Command) -> Result<Value> {
    let said = say(command)?;
    serde_json::from_str(&said).with_context(|| format!("not JSON: {said}"))
}

/// Runs a program to its end and takes what it prints.
pub(crate) fn say(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        bail!("{} ended with {}: {said}", command.get_program().display(), output.status);
    }
    Ok(said)
}

fn lock(props: &Mutex<Props>) -> MutexGuard<'_, Props> {
    props.lock().unwrap_or_else(PoisonError::into_inner)
}

fn log_name(name: &str) -> String {
    format!("{name}.log")
}

/// How much of a process's standard error belongs into a failure's message.
const LAST_LINES: usize = 5;
/// How long a process may take to be ready, or to say the next thing.
const PATIENCE: Duration = Duration::from_secs(180);
/// What shells report of a program that was interrupted.
const INTERRUPTED: i32 = 130;
