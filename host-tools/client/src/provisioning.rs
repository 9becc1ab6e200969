use core::fmt;

use countersign_link::{MAX_CHUNK, Network, Provision, Request, Secret};
use zeroize::Zeroizing;

use crate::approval::Expected;
use crate::{Client, Error};

/// A seed's words. Wiped on drop, and not to be seen in a log.
pub struct Words(Zeroizing<String>);

impl Words {
    /// The words as the device gave them.
    pub(crate) fn new(words: &[u8]) -> Result<Self, Error> {
        let text = core::str::from_utf8(words).or(Err(Error::Unexpected("words")))?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The words, one space between them.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

/// How a device comes to its seed, and loses it.
impl Client {
    /// Has the device make a seed of its own for `network`. Its words are shown on the device, or
    /// come as [`Event::Words`](crate::Event::Words).
    ///
    /// # Errors
    ///
    /// When it has one already, or its buttons say no.
    pub async fn provision(&mut self, network: Network) -> Result<(), Error> {
        let mut entropy = Zeroizing::new([0; 32]);
        getrandom::fill(entropy.as_mut())?;
        let entropy = Secret::new(entropy.as_slice());
        self.events.expected = Expected::Words;
        let request = Request::Provision(Provision::Generate { entropy, network });
        let provisioned = self.tell("provision-generate", &[request]).await;
        self.events.expected = Expected::Anything;
        provisioned?;
        // What `Hello` said holds no longer: the next operation asks again.
        self.close();
        Ok(())
    }

    /// Has the device mix `typed` into the seed that it makes next: dice, or whatever a person thinks
    /// up.
    ///
    /// # Errors
    ///
    /// When the device does not answer.
    pub async fn stir(&mut self, typed: &[u8]) -> Result<(), Error> {
        let mut rest = typed;
        while !rest.is_empty() {
            let (piece, further) = rest.split_at_checked(MAX_CHUNK).unwrap_or((rest, &[]));
            rest = further;
            self.tell("entropy", &[Request::Entropy(Secret::new(piece))]).await?;
        }
        Ok(())
    }

    /// Has the device take over a seed from its words: lower case, one space between them.
    ///
    /// # Errors
    ///
    /// When the words are wrong, the device has a seed already, or its buttons say no.
    pub async fn restore(&mut self, words: &str, network: Network) -> Result<(), Error> {
        let words = Secret::new(words.as_bytes());
        let request = Request::Provision(Provision::Import { words, network });
        self.tell("provision-import", &[request]).await?;
        // What `Hello` said holds no longer: the next operation asks again.
        self.close();
        Ok(())
    }

    /// Has the device forget everything.
    ///
    /// # Errors
    ///
    /// When its buttons say no.
    pub async fn wipe(&mut self) -> Result<(), Error> {
        self.tell("provision-wipe", &[Request::Provision(Provision::Wipe)]).await?;
        // What `Hello` said holds no longer: the next operation asks again.
        self.close();
        Ok(())
    }
}
