use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use countersign_client::{Client, Rate};
use tokio::sync::Mutex;

/// Where the bridge learns what a currency is worth.
#[derive(Clone, Debug)]
pub(crate) enum RateSource {
    /// It was told once.
    Fixed(Rate),
    /// Somebody writes it into this file whenever it changes.
    File(PathBuf),
}

impl RateSource {
    /// Tells the device what the currency is worth now.
    ///
    /// # Errors
    /// There is no rate to read, or the device does not take it.
    pub(crate) async fn tell(&self, client: &Mutex<Client>) -> anyhow::Result<()> {
        let rate = self.read()?;
        let told = client.lock().await.set_rate(rate).await;
        told.with_context(|| format!("the device does not take the rate {rate}"))
    }

    fn read(&self) -> anyhow::Result<Rate> {
        match self {
            Self::Fixed(rate) => Ok(*rate),
            Self::File(path) => {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("no rate can be read from {}", path.display()))?;
                text.parse().map_err(anyhow::Error::msg)
            }
        }
    }
}
