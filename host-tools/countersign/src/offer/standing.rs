use std::collections::BTreeMap;

use countersign_client::Error;
use countersign_link::{Code, OfferEntry, Standing};
use countersign_records::Offer;

use crate::connection::Connection;

/// How an offer stands, as far as device and record know together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is answered, as far as the rules allow.
    Current,
    /// Its epoch has ended.
    Earlier,
    /// It was revoked.
    Revoked,
    /// Another seed made it: this device meets it with silence.
    Foreign,
    /// The device has forgotten it, and the record does not say when it was made.
    Unknown,
}

impl Known {
    /// In one word.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Earlier => "earlier",
            Self::Revoked => "revoked",
            Self::Foreign => "foreign",
            Self::Unknown => "unknown",
        }
    }

    /// What a person should know about it.
    pub(crate) const fn advice(self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Earlier => Some("its epoch was revoked: no request for it is answered"),
            Self::Revoked => Some("no request for it is answered"),
            Self::Foreign => Some("another seed made it: this device does not answer for it"),
            Self::Unknown => Some(
                "the device forgets offers when its power goes, and the record does not say of \
                 which epoch this one is",
            ),
        }
    }
}

impl From<Standing> for Known {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Current => Self::Current,
            Standing::Earlier => Self::Earlier,
            Standing::Revoked => Self::Revoked,
        }
    }
}

/// What the device knows of its offers. It keeps none over a loss of power but those revoked one by
/// one; of the others it can tell the epoch that is current.
#[derive(Debug)]
pub(crate) struct Standings {
    remembered: BTreeMap<[u8; 32], OfferEntry>,
    node: Option<[u8; 33]>,
    epoch: u32,
}

impl Standings {
    /// Asks the device.
    pub(crate) fn ask(connection: &mut Connection) -> anyhow::Result<Self> {
        let remembered = connection.wait(async |client| client.offers().await)?;
        let info = connection.wait(async |client| client.info().await)?;
        let node = connection.client().hello().node.map(|node| node.0);
        let remembered = remembered.into_iter().map(|entry| (entry.offer.0, entry)).collect();
        Ok(Self { remembered, node, epoch: info.epoch })
    }

    /// The offers that the device remembers.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.remembered.keys()
    }

    /// How one stands that is on record, or that the device remembers.
    pub(crate) fn of(
        &self,
        id: &[u8; 32],
        recorded: Option<&Offer>,
        connection: &mut Connection,
    ) -> anyhow::Result<Known> {
        if let Some(entry) = self.remembered.get(id) {
            return Ok(entry.standing.into());
        }
        let made_by = recorded.and_then(|offer| offer.made_by.as_ref());
        if let Some(made_by) = made_by
            && self.node != Some(made_by.device)
        {
            return Ok(Known::Foreign);
        }
        if let Some(entry) = show(id, connection)? {
            return Ok(entry.standing.into());
        }
        Ok(match made_by {
            Some(made_by) if made_by.epoch == self.epoch => Known::Current,
            Some(_) => Known::Earlier,
            None => Known::Unknown,
        })
    }
}

/// What the device says about one offer, if it knows it.
pub(crate) fn show(
    id: &[u8; 32],
    connection: &mut Connection,
) -> anyhow::Result<Option<OfferEntry>> {
    connection.wait(async |client| match client.offer(*id).await {
        Ok(entry) => Ok(Some(entry)),
        Err(Error::Refused(refused)) if refused.code == Code::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    })
}
