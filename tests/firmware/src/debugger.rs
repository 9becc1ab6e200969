use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// A debugger at the emulated processor: the remote protocol of GDB, as little of it as it takes to
/// have the program fail.
#[derive(Debug)]
pub(crate) struct Debugger(UnixStream);

/// How long the emulator may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Debugger {
    /// Connects, which stops the processor.
    pub(crate) fn attach(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).context("the emulator's debugger port")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut debugger = Self(stream);
        // Without having told what they are, the emulator takes no single register.
        debugger.ask("qXfer:features:read:target.xml:0,ffb")?;
        Ok(debugger)
    }

    /// Writes a word to memory.
    pub(crate) fn write(&mut self, address: u32, word: u32) -> Result<()> {
        let bytes = hex::encode(word.to_le_bytes());
        self.expect_ok(&format!("M{address:x},4:{bytes}"))
    }

    /// Goes on at `address`, and leaves.
    pub(crate) fn go_on_at(mut self, address: u32) -> Result<()> {
        let bytes = hex::encode(address.to_le_bytes());
        self.expect_ok(&format!("Pf={bytes}"))?;
        self.expect_ok("D")
    }

    fn expect_ok(&mut self, command: &str) -> Result<()> {
        let said = self.ask(command)?;
        ensure!(said == "OK", "{command} was answered with {said:?}");
        Ok(())
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.say(command)?;
        let mut said = self.hear()?;
        while said.starts_with('T') {
            // That the processor has stopped is told unasked.
            said = self.hear()?;
        }
        Ok(said)
    }

    /// Sends `$command#checksum`.
    fn say(&mut self, command: &str) -> Result<()> {
        let sum = command.bytes().fold(0_u8, u8::wrapping_add);
        Ok(self.0.write_all(format!("${command}#{sum:02x}").as_bytes())?)
    }

    /// What is between `$` and `#` of the next answer.
    fn hear(&mut self) -> Result<String> {
        let mut said = String::new();
        loop {
            match self.byte()? {
                b'+' | b'$' => {}
                b'#' => break,
                byte => said.push(char::from(byte)),
            }
        }
        // Its checksum: nothing is lost between two programs on one computer.
        for _ in 0..2 {
            self.byte()?;
        }
        self.0.write_all(b"+")?;
        Ok(said)
    }

    fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.0.read_exact(&mut byte).context("the emulator's debugger says nothing")?;
        Ok(byte[0])
    }
}
