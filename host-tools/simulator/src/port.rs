use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The device's end of a byte stream, whatever it is.
#[derive(Debug)]
pub(crate) struct Port(OwnedFd);

/// What came of reading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// So many bytes.
    Bytes(usize),
    /// There are none right now.
    Nothing,
    /// The host has closed its end.
    HungUp,
}

/// How long a host may leave unread what it asked for, before it counts as gone.
const UNREAD: Duration = Duration::from_secs(2);

impl Port {
    /// Takes over a stream, and makes it one that does not wait.
    pub(crate) fn new(stream: impl Into<OwnedFd>) -> io::Result<Self> {
        let stream = stream.into();
        rustix::io::ioctl_fionbio(&stream, true)?;
        Ok(Self(stream))
    }

    pub(crate) fn read(&self, buffer: &mut [u8]) -> Read {
        match rustix::io::read(&self.0, buffer) {
            Ok(0) => Read::HungUp,
            Ok(length) => Read::Bytes(length),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Read::Nothing,
            // A pseudo-terminal whose other end nobody has open says EIO.
            Err(_) => Read::HungUp,
        }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    ///
    /// When the host has hung up, or does not read.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&self.0, rest) {
                Ok(length) => rest = rest.get(length..).unwrap_or_default(),
                Err(rustix::io::Errno::AGAIN) => {
                    let ready = wait(&[(self.as_fd(), PollFlags::OUT)], Some(UNREAD))?;
                    if ready.is_empty() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Waits until something happens to one of the streams, and says which.
///
/// # Errors
///
/// The operating system's.
pub(crate) fn wait(
    streams: &[(BorrowedFd<'_>, PollFlags)],
    patience: Option<Duration>,
) -> io::Result<Vec<usize>> {
    let mut polled: Vec<PollFd<'_>> =
        streams.iter().map(|(stream, flags)| PollFd::from_borrowed_fd(*stream, *flags)).collect();
    let timeout = patience.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) => {
            let happened = |stream: &PollFd<'_>| !stream.revents().is_empty();
            let numbered = polled.iter().enumerate();
            Ok(numbered.filter(|(_, stream)| happened(stream)).map(|(number, _)| number).collect())
        }
        Err(rustix::io::Errno::INTR) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
