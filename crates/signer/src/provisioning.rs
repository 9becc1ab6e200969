use countersign_link::{Code, Provision, Reply, Secret as Shown};
use countersign_mnemonic::{BadWords, Mnemonic};

use crate::device::{Condition, Device, Scratch, Screen, storage_code};
use crate::input::Failure;
use crate::keys::Seed;
use crate::task::{Matter, Task};
use crate::{Moment, Output};

impl Device<'_> {
    /// Seeds: how a device becomes a merchant's, and how it stops being one.
    #[inline(never)]
    pub(crate) fn provision<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        provision: Provision<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match (provision, &self.condition) {
            (Provision::Wipe, _) => self.ask(id, Matter::Wipe),
            (Provision::ShowWords, Condition::Unprovisioned) => self.show_words(id, scratch),
            (Provision::Generate { entropy, network }, Condition::Unprovisioned) => {
                let is_healthy = self.is_healthy(&moment.entropy);
                if entropy.reveal().len() < LEAST_ENTROPY || !is_healthy {
                    return Err(Code::RANDOM_SOURCE.into());
                }
                let entropy = self.mixed(entropy.reveal());
                self.ask(id, Matter::Generate { entropy, network })
            }
            (Provision::Import { words, network }, Condition::Unprovisioned) => {
                let words = core::str::from_utf8(words.reveal()).or(Err(Code::SEED_WORDS))?;
                let mnemonic = Mnemonic::parse(words).map_err(|bad| match bad {
                    BadWords::Unknown(at) => Failure::of_field(Code::SEED_WORDS, at.into()),
                    BadWords::Count | BadWords::Checksum => Code::SEED_WORDS.into(),
                })?;
                let seed = Seed::new(mnemonic.seed(), network);
                self.ask(id, Matter::Import { seed })
            }
            (_, Condition::Ready(_)) => Err(Code::PROVISIONED.into()),
            (_, Condition::WipeNeeded(unreadable)) => Err(storage_code(*unreadable).into()),
        }
    }

    /// Whether the board's random source may be alive: it did not give the same as before, and
    /// not mostly one value. Of 32 random bytes, at most 7 different ones never happen.
    pub(crate) fn is_healthy(&self, entropy: &[u8; 32]) -> bool {
        let is_repeated =
            |(at, byte): (usize, &u8)| entropy.iter().take(at).any(|earlier| earlier == byte);
        let repeats = (0..)
            .zip(entropy)
            .fold(0_u8, |repeats, place| repeats.saturating_add(u8::from(is_repeated(place))));
        repeats <= MOST_REPEATS && !self.last_entropy.ct_eq(entropy)
    }

    /// Gives the words to the host, for a board that cannot show them: while the merchant has them
    /// before them, and never again.
    fn show_words<'o>(&self, id: u32, scratch: &'o mut Scratch) -> Result<Output<'o>, Failure> {
        let Task::Asking { matter: Matter::Words { mnemonic, .. }, .. } = &self.task else {
            return Err(Code::NOT_FOUND.into());
        };
        match self.about.screen {
            Screen::OnBoard => return Err(Code::NOT_DISCLOSED.into()),
            Screen::None => {}
        }
        let mut writer = countersign_tlv::Writer::new(&mut scratch.0);
        let mut separator = "";
        for word in mnemonic.expose_words() {
            writer.bytes(separator.as_bytes()).or(Err(Code::INTERNAL))?;
            writer.bytes(word.expose().as_bytes()).or(Err(Code::INTERNAL))?;
            separator = " ";
        }
        Ok(Output::Reply { id, reply: Reply::Words(Shown::new(writer.finish())) })
    }
}

/// Of 32 random bytes, how many may repeat another one.
const MOST_REPEATS: u8 = 24;

/// Bytes of randomness that the host contributes at least.
const LEAST_ENTROPY: usize = 16;
