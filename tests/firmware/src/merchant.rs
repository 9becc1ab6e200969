use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// Somebody at the second serial line who presses `y` whenever a prompt comes up.
#[derive(Debug)]
pub(crate) struct Merchant(Arc<Mutex<Vec<String>>>);

impl Merchant {
    pub(crate) fn sit_down(screen: UnixStream) -> Result<Self> {
        let keys = screen.try_clone()?;
        let lines = Arc::default();
        let kept = Arc::clone(&lines);
        thread::spawn(move || look(screen, keys, &kept));
        Ok(Self(lines))
    }

    pub(crate) fn read(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads until the board is switched off. An empty line ends a prompt.
fn look(screen: UnixStream, mut keys: UnixStream, kept: &Mutex<Vec<String>>) {
    let mut is_new = true;
    for line in BufReader::new(screen).lines().map_while(Result::ok) {
        if is_new && !line.is_empty() && keys.write_all(b"y").is_err() {
            return;
        }
        is_new = line.is_empty();
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}
