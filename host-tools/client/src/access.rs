use core::fmt;
use core::pin::Pin;
use core::str::FromStr;
use core::task::{Context, Poll};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_simulator::{Board, Buttons, Flash, Line, Simulator};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_serial::{SerialPortBuilderExt as _, SerialStream};

use crate::Error;

/// Where a device is, as people write it: `sim`, `sim:FILE`, `tcp:HOST:PORT`, `unix:PATH`, or the
/// path of a serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceAddress {
    /// Simulated in this process, with that file or the usual one for its flash.
    Simulator(Option<PathBuf>),
    /// A serial port.
    Serial(PathBuf),
    /// A host and a port.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
}

/// A string is no device's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device is sim, sim:FILE, tcp:HOST:PORT, unix:PATH or the path of a serial port")]
pub struct AddressError;

impl FromStr for DeviceAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            _ if text.is_empty() => Err(AddressError),
            None if text == "sim" => Ok(Self::Simulator(None)),
            Some(("sim" | "tcp" | "unix", "")) => Err(AddressError),
            Some(("sim", file)) => Ok(Self::Simulator(Some(file.into()))),
            Some(("tcp", address)) if address.contains(':') => Ok(Self::Tcp(address.to_owned())),
            Some(("tcp", _)) => Err(AddressError),
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            None | Some(_) => Ok(Self::Serial(text.into())),
        }
    }
}

impl fmt::Display for DeviceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simulator(None) => f.write_str("sim"),
            Self::Simulator(Some(file)) => write!(f, "sim:{}", file.display()),
            Self::Serial(path) => path.display().fmt(f),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl DeviceAddress {
    /// A way to open the device as often as need be. A simulated device is switched on, with
    /// `usual` for its flash unless the address names a file, and `buttons` for its screen.
    ///
    /// # Errors
    ///
    /// Only for a simulated device: when its file cannot be used.
    pub fn access(self, usual: &Path, buttons: Box<dyn Buttons>) -> Result<Access, Error> {
        Ok(match self {
            Self::Simulator(file) => {
                let flash = Flash::in_file(file.as_deref().unwrap_or(usual))?;
                let simulator = Simulator::start(Board::new(flash, buttons), Line::cable());
                Access::Simulator(Arc::new(simulator.map_err(Error::Lost)?))
            }
            Self::Serial(path) => Access::Serial(path),
            Self::Tcp(address) => Access::Tcp(address),
            Self::Unix(path) => Access::Unix(path),
        })
    }
}

/// A way to open a device, again if need be.
#[derive(Clone, Debug)]
pub enum Access {
    /// A serial port.
    Serial(PathBuf),
    /// A host and a port.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
    /// A simulated device in this process.
    Simulator(Arc<Simulator>),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) | Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => f.write_str(address),
            Self::Simulator(_) => f.write_str("the simulated device"),
        }
    }
}

/// How much slower than a board a device may be that is a program: an emulated one, on a computer that
/// is busy with other things.
const SLOWER: u32 = 12;

/// Where Linux keeps the terminals that have a program at their other end.
const PSEUDO_TERMINALS: &str = "/dev/pts";

/// Does not matter on USB, and is that of the boards with a UART.
const BAUD: u32 = 115_200;

impl Access {
    /// How many times as long as it says a device may take.
    pub(crate) fn slowness(&self) -> u32 {
        match self {
            Self::Serial(path) if !path.starts_with(PSEUDO_TERMINALS) => 1,
            Self::Serial(_) | Self::Tcp(_) | Self::Unix(_) | Self::Simulator(_) => SLOWER,
        }
    }

    /// Opens the device's port: raw, without echo, for us alone where that can be had.
    pub(crate) async fn open(&self) -> Result<Port, Error> {
        let opened = match self {
            Self::Serial(path) => {
                let builder = tokio_serial::new(path.to_string_lossy(), BAUD);
                builder.open_native_async().map(Port::Serial).map_err(|error| match error.kind {
                    // What the library says when somebody else has the port for themselves.
                    tokio_serial::ErrorKind::NoDevice if path.exists() => {
                        io::Error::new(io::ErrorKind::ResourceBusy, error)
                    }
                    _ => error.into(),
                })
            }
            Self::Tcp(address) => match TcpStream::connect(address).await {
                Ok(stream) => stream.set_nodelay(true).map(|()| Port::Tcp(stream)),
                Err(error) => Err(error),
            },
            Self::Unix(path) => UnixStream::connect(path).await.map(Port::Unix),
            Self::Simulator(simulator) => simulator.connect().and_then(|cable| {
                cable.set_nonblocking(true)?;
                UnixStream::from_std(cable).map(Port::Unix)
            }),
        };
        opened.map_err(|error| Error::open(self, error))
    }
}

/// An open port.
#[derive(Debug)]
pub(crate) enum Port {
    Serial(SerialStream),
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsyncRead for Port {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(port) => Pin::new(port).poll_read(context, buffer),
            Self::Tcp(port) => Pin::new(port).poll_read(context, buffer),
            Self::Unix(port) => Pin::new(port).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Port {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Serial(port) => Pin::new(port).poll_write(context, bytes),
            Self::Tcp(port) => Pin::new(port).poll_write(context, bytes),
            Self::Unix(port) => Pin::new(port).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(port) => Pin::new(port).poll_flush(context),
            Self::Tcp(port) => Pin::new(port).poll_flush(context),
            Self::Unix(port) => Pin::new(port).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(port) => Pin::new(port).poll_shutdown(context),
            Self::Tcp(port) => Pin::new(port).poll_shutdown(context),
            Self::Unix(port) => Pin::new(port).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DeviceAddress;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["sim", "sim:a/b.flash", "tcp:localhost:7000", "unix:/run/x", "/dev/ttyACM0"] {
            assert_eq!(text.parse::<DeviceAddress>().unwrap().to_string(), text);
        }
        assert_eq!("COM3".parse(), Ok(DeviceAddress::Serial("COM3".into())));
        for wrong in ["", "sim:", "tcp:", "tcp:localhost", "unix:"] {
            assert!(wrong.parse::<DeviceAddress>().is_err(), "{wrong}");
        }
    }
}
