use rusqlite::{OptionalExtension as _, Row, params};

use crate::{RecordError, Records, column, number};

/// An offer that the device made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name among the device's offers.
    pub id: [u8; 32],
    /// Its text, `lno1…`.
    pub text: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created_at: u64,
    /// Who made it; unknown of what was taken down before this was.
    pub made_by: Option<MadeBy>,
}

/// The device that made an offer, and when by its own count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeBy {
    /// The device's node id.
    pub device: [u8; 33],
    /// The epoch that the offer is of.
    pub epoch: u32,
}

impl Offer {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let device: Option<[u8; 33]> = row.get("device")?;
        let epoch: Option<u32> = row.get("epoch")?;
        Ok(Self {
            id: row.get("id")?,
            text: row.get("text")?,
            description: row.get("description")?,
            created_at: number(row.get("created_at")?),
            made_by: device.zip(epoch).map(|(device, epoch)| MadeBy { device, epoch }),
        })
    }
}

impl Records {
    /// Takes down an offer. One that is there already stays as it is.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn add_offer(&self, offer: &Offer) -> Result<(), RecordError> {
        let Offer { id, text, description, created_at, made_by } = offer;
        let (device, epoch) =
            made_by.as_ref().map(|made_by| (made_by.device, made_by.epoch)).unzip();
        self.connection.execute(
            "INSERT OR IGNORE INTO offers (id, text, description, created_at, device, epoch)
                VALUES (?, ?, ?, ?, ?, ?)",
            params![id, text, description, column(*created_at), device, epoch],
        )?;
        Ok(())
    }

    /// Every offer, the oldest first.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn offers(&self) -> Result<Vec<Offer>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM offers ORDER BY created_at, id")?;
        let offers = query.query_map([], Offer::read)?.collect::<Result<_, _>>()?;
        Ok(offers)
    }

    /// One offer.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn offer(&self, id: &[u8; 32]) -> Result<Option<Offer>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM offers WHERE id = ?")?;
        Ok(query.query_row([id], Offer::read).optional()?)
    }
}
