use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_signer::Desk;
use rustix::event::PollFlags;

use crate::port::{Port, Read, wait};
use crate::shell::Shell;
use crate::{Board, Line};

/// A board that is switched on, on a thread of its own. Dropping it pulls the plug.
#[derive(Debug)]
pub struct Simulator {
    commands: Sender<Command>,
    /// One byte for each command, for a thread that waits for bytes.
    bell: UnixStream,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// What happens to a board from outside.
#[derive(Debug)]
enum Command {
    /// A cable with a host at its other end.
    Connect(UnixStream),
    /// The power is gone; told when it is.
    Unplug(SyncSender<()>),
    /// The power is back.
    PlugIn,
    /// For good.
    Discard,
}

/// Why a board's power went.
#[derive(Debug, PartialEq, Eq)]
enum PowerLoss {
    Unplugged,
    Discarded,
}

impl Simulator {
    /// Switches `board` on, for hosts on `line`.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn start(board: Board, line: Line) -> io::Result<Self> {
        let (commands, received) = mpsc::channel();
        let (bell, ringing) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        ringing.set_nonblocking(true)?;
        let mut outside = Outside { commands: received, bell: ringing };
        let thread = thread::Builder::new()
            .name("device".to_owned())
            .spawn(move || run(board, &line, &mut outside))?;
        Ok(Self { commands, bell, thread: Some(thread) })
    }

    /// A new cable to the board. A host that was connected before is turned away first.
    ///
    /// # Errors
    ///
    /// The operating system's, or that the board's thread has ended.
    pub fn connect(&self) -> io::Result<UnixStream> {
        let (host, device) = UnixStream::pair()?;
        self.command(Command::Connect(device))?;
        Ok(host)
    }

    /// Takes the power away: the connection and everything that is not in flash are gone when this
    /// returns.
    ///
    /// # Errors
    ///
    /// That the board's thread has ended.
    pub fn unplug(&self) -> io::Result<()> {
        let (done, is_done) = mpsc::sync_channel(1);
        self.command(Command::Unplug(done))?;
        is_done.recv().map_err(io::Error::other)
    }

    /// Gives the power back: the device boots from its flash.
    ///
    /// # Errors
    ///
    /// That the board's thread has ended.
    pub fn plug_in(&self) -> io::Result<()> {
        self.command(Command::PlugIn)
    }

    /// Waits until the board fails, which it does not by itself.
    ///
    /// # Errors
    ///
    /// What made it fail.
    pub fn wait(mut self) -> io::Result<()> {
        self.thread.take().map_or(Ok(()), join)
    }

    fn command(&self, command: Command) -> io::Result<()> {
        self.commands.send(command).or(Err(io::ErrorKind::NotConnected))?;
        match (&self.bell).write(&[1]) {
            Ok(_) => Ok(()),
            // So many rings wait already that one more makes no difference.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A thread that cannot be told has ended, and what it ended with was for `wait`.
            let _told = self.command(Command::Discard);
            let _ended = join(thread);
        }
    }
}

fn join(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread.join().map_err(|_panic| io::Error::other("the simulated device's thread panicked"))?
}

/// What reaches the board's thread beside the line.
#[derive(Debug)]
struct Outside {
    commands: Receiver<Command>,
    bell: UnixStream,
}

fn run(mut board: Board, line: &Line, outside: &mut Outside) -> io::Result<()> {
    while power_on(&mut board, line, outside)? == PowerLoss::Unplugged {
        loop {
            match outside.commands.recv() {
                Ok(Command::PlugIn) => break,
                Ok(Command::Connect(_)) => {}
                Ok(Command::Unplug(done)) => report(&done),
                Ok(Command::Discard) | Err(_) => return Ok(()),
            }
        }
    }
    Ok(())
}

/// One life of the device, from power to power loss.
fn power_on(board: &mut Board, line: &Line, outside: &mut Outside) -> io::Result<PowerLoss> {
    let mut memory = CurveMemory::new();
    let blinding = Secret::new(board.entropy.draw()?);
    let curve = Curve::new(&mut memory, &blinding)
        .ok_or_else(|| io::Error::other("libsecp256k1 wants more memory than it was given"))?;
    let mut desk = Box::new(Desk::new());
    let mut shell = Shell::boot(board, curve, &mut desk, Instant::now());
    let (mut port, mut another) = (None, None);
    loop {
        match outside.commands.try_recv() {
            Ok(Command::Connect(cable)) => {
                shell.hang_up();
                port = Some(Port::new(cable)?);
            }
            Ok(Command::Unplug(done)) => {
                drop(port);
                report(&done);
                return Ok(PowerLoss::Unplugged);
            }
            Ok(Command::PlugIn) | Err(mpsc::TryRecvError::Empty) => {}
            Ok(Command::Discard) | Err(mpsc::TryRecvError::Disconnected) => {
                return Ok(PowerLoss::Discarded);
            }
        }
        if port.is_none() {
            port = match another.take() {
                Some(host) => Some(host),
                None => line.accept()?,
            };
        } else if another.is_none() {
            another = line.accept_another()?;
        }
        let mut out = Vec::new();
        shell.proceed(Instant::now(), &mut out)?;
        let served = match &port {
            Some(connected) => serve(&mut shell, connected, out)?,
            None => Served::Nothing,
        };
        match served {
            Served::Something => {}
            Served::Nothing => {
                // The port was read after the other host had come: whoever is served is still there.
                another = None;
                outside.wait(line, port.as_ref(), &shell)?;
            }
            Served::HungUp => {
                shell.hang_up();
                port = None;
            }
        }
    }
}

fn report(done: &SyncSender<()>) {
    // Whoever pulled the plug may have gone.
    let _told = done.send(());
}

/// What came of looking at the port.
enum Served {
    Something,
    Nothing,
    HungUp,
}

/// Sends what there is to send, takes what there is to take, and sends the answer.
fn serve(shell: &mut Shell<'_, '_>, port: &Port, mut out: Vec<u8>) -> io::Result<Served> {
    let mut buffer = [0; 2_048];
    let served = match port.read(&mut buffer) {
        Read::Bytes(length) => {
            let bytes = buffer.get(..length).unwrap_or_default();
            shell.receive(Instant::now(), bytes, &mut out)?;
            Served::Something
        }
        Read::Nothing if out.is_empty() => Served::Nothing,
        Read::Nothing => Served::Something,
        Read::HungUp => return Ok(Served::HungUp),
    };
    // Seeds come in as words.
    countersign_crypto::wipe(&mut buffer);
    // A host that does not read has hung up as well.
    Ok(if port.write(&out).is_ok() { served } else { Served::HungUp })
}

impl Outside {
    /// Waits for a command, a host or its bytes, at most until the shell has something to do.
    fn wait(&mut self, line: &Line, port: Option<&Port>, shell: &Shell<'_, '_>) -> io::Result<()> {
        let mut streams = vec![(self.bell.as_fd(), PollFlags::IN)];
        streams.extend(line.knock().map(|listener| (listener, PollFlags::IN)));
        streams.extend(port.map(|port| (port.as_fd(), PollFlags::IN)));
        let interval = if port.is_none() { line.interval() } else { None };
        let patience = shell.patience(Instant::now()).into_iter().chain(interval).min();
        wait(&streams, patience)?;
        let mut rings = [0; 64];
        match self.bell.read(&mut rings) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}
