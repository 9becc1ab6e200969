use countersign_tlv::{Full, Reader, Writer};
use countersign_units::UnixTime;
use heapless::Vec;

use crate::capacity::OPEN_REFUNDS;
use crate::store::{self, Unreadable};

/// The refunds that the merchant has offered and that may be paid: one item in flash.
///
/// What is not in it is not paid. So it may forget whatever it likes, and what was restored from
/// words and a backup begins without any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payouts {
    refunds: Vec<Payout, OPEN_REFUNDS>,
}

/// One refund of the merchant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payout {
    /// The first half of its SHA-256.
    id: [u8; 16],
    expiry: Option<UnixTime>,
    /// The first half of the SHA-256 of the one invoice that may be paid for it.
    invoice: Option<[u8; 16]>,
}

/// How a refund stands to an invoice for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// It is not known, or no longer.
    Unknown,
    /// No invoice has been authorised for it.
    Open,
    /// This very invoice has been.
    Authorised,
    /// Another one has been.
    Spent,
}

/// The refunds: 16 bytes, an expiry (0 for none), and 16 bytes of an invoice (zeros for none).
const REFUNDS: u64 = 2;

const NONE: [u8; 16] = [0; 16];

impl Payouts {
    /// Writes the table as a TLV stream.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.header(REFUNDS, self.refunds.len().saturating_mul(ENTRY_LEN))?;
        for Payout { id, expiry, invoice } in &self.refunds {
            writer.bytes(id)?;
            writer.bytes(&expiry.map_or(0, |expiry| expiry.0).to_be_bytes())?;
            writer.bytes(&invoice.unwrap_or(NONE))?;
        }
        writer.record(store::COMPLETE, &[])
    }

    /// Reads what [`Payouts::write`] wrote; nothing at all is a table without refunds.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut table = Self::default();
        if bytes.is_empty() {
            return Ok(table);
        }
        for record in store::whole(bytes)?.records() {
            match record.number {
                REFUNDS => {
                    let mut reader = record.reader();
                    while !reader.is_empty() {
                        let refund = Payout::read(&mut reader)?;
                        table.refunds.push(refund).or(Err(Unreadable::TooLong))?;
                    }
                }
                store::COMPLETE => {}
                _ if record.is_even() => return Err(Unreadable::Newer),
                _ => {}
            }
        }
        Ok(table)
    }

    /// Whether one more refund fits, now that it is `now`.
    pub(crate) fn has_room(&self, now: UnixTime) -> bool {
        !self.refunds.is_full() || self.dispensable(now).is_some()
    }

    /// The table with one more refund. In its place goes one that has been paid or has expired.
    pub(crate) fn with(
        &self,
        id: [u8; 16],
        expiry: Option<UnixTime>,
        now: UnixTime,
    ) -> Option<Self> {
        let spare = if self.refunds.is_full() { Some(self.dispensable(now)?) } else { None };
        let mut table = self.except(spare)?;
        table.refunds.push(Payout { id, expiry, invoice: None }).ok()?;
        Some(table)
    }

    /// The table without a refund that is open.
    pub(crate) fn without(&self, id: [u8; 16]) -> Option<Self> {
        let open = self.refunds.iter().find(|it| it.id == id && it.invoice.is_none())?;
        self.except(Some(open))
    }

    /// The table less one of its refunds.
    fn except(&self, spare: Option<&Payout>) -> Option<Self> {
        let mut table = Self::default();
        let is_kept = |refund: &&Payout| spare.is_none_or(|spare| !core::ptr::eq(*refund, spare));
        // Taking one out of a list in its place would keep a panic for places that are not there.
        for refund in self.refunds.iter().filter(is_kept) {
            table.refunds.push(*refund).ok()?;
        }
        Some(table)
    }

    /// How the refund stands to the invoice; both by their first halves.
    pub(crate) fn stand(&self, id: [u8; 16], invoice: [u8; 16]) -> Stand {
        match self.refunds.iter().find(|refund| refund.id == id) {
            None => Stand::Unknown,
            Some(Payout { invoice: None, .. }) => Stand::Open,
            Some(Payout { invoice: Some(paid), .. }) if *paid == invoice => Stand::Authorised,
            Some(_) => Stand::Spent,
        }
    }

    /// The table after `invoice` was authorised, for a refund that is open.
    pub(crate) fn authorised(&self, id: [u8; 16], invoice: [u8; 16]) -> Option<Self> {
        let mut table = self.clone();
        let refund = table.refunds.iter_mut().find(|refund| refund.id == id)?;
        if refund.invoice.replace(invoice).is_some() {
            return None;
        }
        Some(table)
    }

    /// The oldest refund that nothing more may be paid for.
    fn dispensable(&self, now: UnixTime) -> Option<&Payout> {
        self.refunds.iter().find(|refund| {
            refund.invoice.is_some() || refund.expiry.is_some_and(|expiry| expiry < now)
        })
    }
}

impl Payout {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let id = *reader.array()?;
        let expiry = match reader.u64()? {
            0 => None,
            expiry => Some(UnixTime(expiry)),
        };
        let invoice = Some(*reader.array()?).filter(|invoice| *invoice != NONE);
        Ok(Self { id, expiry, invoice })
    }
}

const ENTRY_LEN: usize = 16 + 8 + 16;

#[cfg(test)]
mod tests {
    use countersign_tlv::Writer;
    use countersign_units::UnixTime;

    use super::{Payouts, Stand};
    use crate::capacity::{ITEM_LEN, OPEN_REFUNDS};
    use crate::store::Unreadable;

    const NOW: UnixTime = UnixTime(1_000);

    fn refund(table: &Payouts, number: u8, expiry: Option<u64>) -> Option<Payouts> {
        table.with([number; 16], expiry.map(UnixTime), NOW)
    }

    fn full() -> Payouts {
        (1..=u8::try_from(OPEN_REFUNDS).unwrap())
            .fold(Payouts::default(), |table, number| refund(&table, number, None).unwrap())
    }

    #[test]
    fn a_refund_is_authorised_for_one_invoice() {
        let table = refund(&Payouts::default(), 1, None).unwrap();
        assert_eq!(table.stand([2; 16], [7; 16]), Stand::Unknown);
        assert_eq!(table.stand([1; 16], [7; 16]), Stand::Open);
        let table = table.authorised([1; 16], [7; 16]).unwrap();
        assert_eq!(table.stand([1; 16], [7; 16]), Stand::Authorised);
        assert_eq!(table.stand([1; 16], [8; 16]), Stand::Spent);
        assert_eq!(table.authorised([1; 16], [8; 16]), None);
        assert_eq!(table.authorised([1; 16], [7; 16]), None);
    }

    #[test]
    fn a_full_table_forgets_what_was_paid_or_has_expired_and_nothing_else() {
        let table = full();
        assert!(!table.has_room(NOW));
        assert_eq!(refund(&table, 99, None), None);
        let paid = table.authorised([3; 16], [7; 16]).unwrap();
        let after = refund(&paid, 99, None).unwrap();
        assert_eq!(after.stand([3; 16], [7; 16]), Stand::Unknown, "and not open again");
        assert_eq!(after.stand([99; 16], [7; 16]), Stand::Open);
        assert_eq!(after.stand([1; 16], [7; 16]), Stand::Open);
        let expiring = refund(&Payouts::default(), 1, Some(999)).unwrap();
        let expiring = (2..=u8::try_from(OPEN_REFUNDS).unwrap())
            .fold(expiring, |table, number| refund(&table, number, Some(1_000)).unwrap());
        let after = refund(&expiring, 99, None).unwrap();
        assert_eq!(after.stand([1; 16], [7; 16]), Stand::Unknown);
        assert!(!after.has_room(NOW), "the moment of expiry itself still counts");
    }

    #[test]
    fn a_refund_is_taken_back_until_its_invoice_is_authorised() {
        let table = full().authorised([2; 16], [7; 16]).unwrap();
        let left = table.without([1; 16]).unwrap();
        assert_eq!(left.stand([1; 16], [7; 16]), Stand::Unknown);
        assert_eq!(left.stand([3; 16], [7; 16]), Stand::Open);
        assert!(left.has_room(NOW));
        assert_eq!((table.without([2; 16]), table.without([99; 16])), (None, None));
    }

    #[test]
    fn the_table_reads_back_as_written_and_cut_short_it_is_none() {
        let table = refund(&full().authorised([2; 16], [9; 16]).unwrap(), 99, Some(5)).unwrap();
        for table in [Payouts::default(), table] {
            let mut buffer = [0; ITEM_LEN];
            let mut writer = Writer::new(&mut buffer);
            table.write(&mut writer).unwrap();
            let written = writer.finish();
            assert_eq!(Payouts::parse(written), Ok(table));
            for len in 1..written.len() {
                assert!(matches!(Payouts::parse(&written[..len]), Err(Unreadable::Malformed(_))));
            }
        }
        assert_eq!(Payouts::parse(&[]), Ok(Payouts::default()));
        assert_eq!(Payouts::parse(&[4, 0, 0xfd, 7, 0xd0, 0]), Err(Unreadable::Newer));
    }
}
