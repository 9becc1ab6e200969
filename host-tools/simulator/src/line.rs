use core::time::Duration;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::port::{Port, wait};

/// Where hosts connect. One at a time is served; another one is turned away.
#[derive(Debug)]
pub struct Line(Kind);

#[derive(Debug)]
enum Kind {
    /// Nobody but [`Simulator::connect`](crate::Simulator::connect).
    Cable,
    Pty(OwnedFd),
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

/// How often a closed pseudo-terminal is looked at: nothing tells when it is opened.
const CLOSED_PTY: Duration = Duration::from_millis(10);

impl Line {
    /// A line that only this process can connect to.
    #[must_use]
    pub const fn cable() -> Self {
        Self(Kind::Cable)
    }

    /// A new pseudo-terminal, and the path that a host opens.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn pty() -> io::Result<(Self, PathBuf)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?;
        let path = PathBuf::from(path.into_string().map_err(io::Error::other)?);
        // Opened and closed once: raw and without echo from the beginning, and hung up.
        let host = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let mut settings = tcgetattr(&host)?;
        settings.make_raw();
        tcsetattr(&host, OptionalActions::Now, &settings)?;
        Ok((Self(Kind::Pty(master)), path))
    }

    /// A Unix socket at `path`, in place of one that a simulator left behind.
    ///
    /// # Errors
    ///
    /// When somebody listens there already, or the operating system's.
    pub fn unix(path: &Path) -> io::Result<Self> {
        if path.exists() {
            match UnixStream::connect(path) {
                Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path)?;
                }
                Err(error) => return Err(error),
            }
        }
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Self(Kind::Unix(listener, path.to_owned())))
    }

    /// A TCP port, and its number, for `HOST:0`.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn tcp(address: &str) -> io::Result<(Self, core::net::SocketAddr)> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        Ok((Self(Kind::Tcp(listener)), bound))
    }

    /// A host that has connected, if one has. Does not wait.
    pub(crate) fn accept(&self) -> io::Result<Option<Port>> {
        let stream: io::Result<OwnedFd> = match &self.0 {
            Kind::Cable => return Ok(None),
            Kind::Pty(master) => {
                let hung_up = wait(&[(master.as_fd(), PollFlags::HUP)], Some(Duration::ZERO))?;
                if !hung_up.is_empty() {
                    return Ok(None);
                }
                master.try_clone()
            }
            Kind::Unix(listener, _) => listener.accept().map(|(stream, _)| stream.into()),
            Kind::Tcp(listener) => listener.accept().and_then(|(stream, _)| {
                stream.set_nodelay(true)?;
                Ok(stream.into())
            }),
        };
        match stream {
            Ok(stream) => Port::new(stream).map(Some),
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Another host that has connected while one is served, if one has. It is turned away when it is
    /// dropped.
    pub(crate) fn accept_another(&self) -> io::Result<Option<Port>> {
        match &self.0 {
            Kind::Cable | Kind::Pty(_) => Ok(None),
            Kind::Unix(..) | Kind::Tcp(_) => self.accept(),
        }
    }

    /// What tells that a host wants to connect.
    pub(crate) fn knock(&self) -> Option<BorrowedFd<'_>> {
        match &self.0 {
            Kind::Cable | Kind::Pty(_) => None,
            Kind::Unix(listener, _) => Some(listener.as_fd()),
            Kind::Tcp(listener) => Some(listener.as_fd()),
        }
    }

    /// How often to look for a host where nothing tells.
    pub(crate) const fn interval(&self) -> Option<Duration> {
        match &self.0 {
            Kind::Pty(_) => Some(CLOSED_PTY),
            Kind::Cable | Kind::Unix(..) | Kind::Tcp(_) => None,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Kind::Unix(_, path) = &self.0 {
            // Another simulator removes what is left behind.
            let _removed = fs::remove_file(path);
        }
    }
}

/// Whether an `accept` failed only for this moment or this one caller.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}
