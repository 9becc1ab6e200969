use countersign_link::{Chunk, Part, Request};

use crate::operation::{Call, FIRST_CREDITS, Operation};
use crate::response::Response;
use crate::{Client, Error};

struct Export;

impl Operation for Export {
    type Outcome = Vec<u8>;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Vec<u8>, Error> {
        match call.conclude(&Request::Export).await? {
            Response::Exported(length) => {
                let length = usize::try_from(length).or(Err(Error::Unexpected("export")))?;
                call.pull(Part::Export, length).await
            }
            _ => Err(Error::Unexpected("export")),
        }
    }
}

struct Import<'e>(&'e [u8]);

impl Operation for Import<'_> {
    type Outcome = ();

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<(), Error> {
        let total = u32::try_from(self.0.len()).or(Err(Error::TooLong("the export")))?;
        let early =
            call.upload(self.0, FIRST_CREDITS, |chunk| Request::Import { total, chunk }).await?;
        let reply = if let Some(reply) = early {
            reply
        } else {
            let chunk = Chunk { offset: total, data: &[] };
            call.conclude(&Request::Import { total, chunk }).await?
        };
        match reply {
            Response::Done => Ok(()),
            _ => Err(Error::Unexpected("import")),
        }
    }
}

/// What the words alone cannot restore. Both methods fail when the device refuses, or cannot be
/// reached any more.
#[expect(clippy::missing_errors_doc, reason = "they fail alike, as said above")]
impl Client {
    /// What the words cannot restore, sealed to the device's seed.
    pub async fn export(&mut self) -> Result<Vec<u8>, Error> {
        self.run(Export).await
    }

    /// Brings back what [`Client::export`] gave.
    pub async fn import(&mut self, export: &[u8]) -> Result<(), Error> {
        self.run(Import(export)).await
    }
}
