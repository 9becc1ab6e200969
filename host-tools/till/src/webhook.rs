use core::convert::Infallible;
use core::fmt;
use core::time::Duration;
use std::path::Path;
use std::thread::sleep;
use std::{fs, io};

use countersign_crypto::hmac_sha256;
use countersign_records::{Event, Records};
use ureq::Agent;

use crate::watch::now;
use crate::{TillError, Watch, event_json};

/// Posts every event to a shop, one after the other, until it has taken each.
///
/// The body is [`event_json`]'s, `Idempotency-Key` is its `id`, and [`SIGNATURE_HEADER`] proves that
/// it comes from whoever knows the secret. A shop has taken an event when it answers with a status
/// from 200 to 299, which is also what it says to one that it does not know; anything else, or nothing
/// within ten seconds, is tried again, after a second at first and never later than after five
/// minutes.
pub struct Webhook {
    url: String,
    secret: Option<Vec<u8>>,
    agent: Agent,
    patience: [Duration; 2],
}

/// `sha256=` and the HMAC-SHA256 of the body under the shop's secret, in hex.
pub const SIGNATURE_HEADER: &str = "Countersign-Signature";

impl Webhook {
    /// A shop that listens at `url`, `https://` or `http://`. Without a `secret`, events are not
    /// signed. A shop on another host is believed to be itself when one of the authorities says so
    /// that browsers trust; `http://` is for one on this computer.
    ///
    /// # Errors
    ///
    /// [`TillError::Url`].
    pub fn new(url: &str, secret: Option<Vec<u8>>) -> Result<Self, TillError> {
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(TillError::Url(url.to_owned()));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Ok(Self { url: url.to_owned(), secret, agent, patience: [FIRST_PAUSE, LONGEST_PAUSE] })
    }

    /// The same, waiting `first` before it tries again, then twice that and so on up to `longest`.
    #[must_use]
    pub const fn with_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.patience = [first, longest];
        self
    }

    /// Tells the shop all that happens, and all that happened since it was told last, for as long
    /// as the record can be read.
    ///
    /// # Errors
    ///
    /// The record's.
    pub fn run(&self, records: Records) -> Result<Infallible, TillError> {
        let last = records.delivered(&self.url)?;
        let mut watch = Watch::new(records, Some(last))?;
        loop {
            for event in watch.wait()? {
                self.deliver(&event);
                watch.records().mark_delivered(&self.url, event.number)?;
            }
        }
    }

    /// Posts an event until the shop takes it.
    fn deliver(&self, event: &Event) {
        let [mut pause, longest] = self.patience;
        loop {
            match self.post(event) {
                Ok(()) => return,
                Err(refusal) => {
                    tracing::warn!(number = event.number, "the shop was not told: {refusal}");
                }
            }
            sleep(pause);
            pause = pause.saturating_mul(2).min(longest);
        }
    }

    fn post(&self, event: &Event) -> Result<(), String> {
        let object = event_json(event, now());
        let body = object.to_string();
        let id = object.get("id").and_then(|id| id.as_str()).unwrap_or_default();
        let mut request = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", id);
        if let Some(secret) = &self.secret {
            let mac = hmac_sha256(secret, &[body.as_bytes()]);
            request = request.header(SIGNATURE_HEADER, format!("sha256={}", hex::encode(mac)));
        }
        let response = request.send(&body).map_err(|error| error.to_string())?;
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(format!("it answered {status}")) }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The secret in a file, less the end of its line.
///
/// # Errors
///
/// [`TillError::Secret`].
pub fn webhook_secret(path: &Path) -> Result<Vec<u8>, TillError> {
    let unusable = |error| TillError::Secret(path.to_owned(), error);
    let secret = fs::read(path).map_err(unusable)?.trim_ascii_end().to_vec();
    if secret.is_empty() {
        return Err(unusable(io::Error::other("it is empty")));
    }
    Ok(secret)
}

const TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
