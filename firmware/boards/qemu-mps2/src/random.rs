use countersign_firmware::Random;
use semihosting::fs::File;
use semihosting::io::Read as _;

/// The host's random source. Without one it gives zeros, which the application's tests refuse.
pub(crate) struct HostRandom(Option<File>);

impl HostRandom {
    pub(crate) fn open() -> Self {
        Self(File::open(c"/dev/urandom").ok())
    }
}

impl Random for HostRandom {
    fn fill(&mut self, noise: &mut [u8]) {
        let read = self.0.as_mut().and_then(|file| file.read_exact(noise).ok());
        if read.is_none() {
            noise.fill(0);
        }
    }
}
