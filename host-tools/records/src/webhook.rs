use rusqlite::params;

use crate::{RecordError, Records, column, number};

/// What a shop was told of. It is told in order, so one number says it all.
impl Records {
    /// The number of the last event that `url` has taken. A URL that is new to this record is told
    /// what happens from now on.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn delivered(&self, url: &str) -> Result<u64, RecordError> {
        let change = self.change()?;
        change.execute(
            "INSERT OR IGNORE INTO webhooks
                SELECT ?, coalesce(max(number), 0) FROM events",
            [url],
        )?;
        let query = "SELECT delivered FROM webhooks WHERE url = ?";
        let delivered = change.query_row(query, [url], |row| row.get(0)).map(number)?;
        change.commit()?;
        Ok(delivered)
    }

    /// Takes down that `url` has taken all events up to number `last`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn mark_delivered(&self, url: &str, last: u64) -> Result<(), RecordError> {
        self.connection.execute(
            "UPDATE webhooks SET delivered = max(delivered, ?) WHERE url = ?",
            params![column(last), url],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Records;
    use crate::testing::issued;

    const URL: &str = "http://localhost/paid";

    #[test]
    fn a_shop_is_told_from_where_it_came_in_and_never_backwards() {
        let records = Records::in_memory().unwrap();
        records.add_invoice(&issued(1)).unwrap();
        assert_eq!(records.delivered(URL).unwrap(), 1);
        records.add_invoice(&issued(2)).unwrap();
        records.add_invoice(&issued(3)).unwrap();
        assert_eq!(records.delivered(URL).unwrap(), 1);
        records.mark_delivered(URL, 3).unwrap();
        records.mark_delivered(URL, 2).unwrap();
        assert_eq!(records.delivered(URL).unwrap(), 3);
        assert_eq!(records.delivered("http://localhost/other").unwrap(), 3);
    }
}
