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
}

impl Offer {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            text: row.get("text")?,
            description: row.get("description")?,
            created_at: number(row.get("created_at")?),
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
        let Offer { id, text, description, created_at } = offer;
        self.connection.execute(
            "INSERT OR IGNORE INTO offers (id, text, description, created_at) VALUES (?, ?, ?, ?)",
            params![id, text, description, column(*created_at)],
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
