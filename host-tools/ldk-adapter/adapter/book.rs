use core::ops::Deref;

use countersign_merchant_node::Payment;
use lightning::io::{Error, ErrorKind};
use lightning::util::persist::KVStoreSync;

/// The payments that wait for the bridge, in the node's store: LDK tells of each only once.
#[derive(Debug)]
pub(super) struct Book<S>(S);

impl<S: Deref<Target: KVStoreSync>> Book<S> {
    pub(super) const fn new(store: S) -> Self {
        Self(store)
    }

    /// Writes a payment down, in place of what was known of it.
    pub(super) fn write(&self, payment: &Payment) -> Result<(), Error> {
        let text = serde_json::to_vec(payment).map_err(|_error| unreadable())?;
        self.0.write(PLACE, "", &hex::encode(payment.hash), text)
    }

    /// Every payment that was written down and not struck out.
    pub(super) fn read(&self) -> Result<Vec<Payment>, Error> {
        let mut payments = Vec::new();
        for key in self.0.list(PLACE, "")? {
            match self.0.read(PLACE, "", &key) {
                Ok(text) => {
                    payments.push(serde_json::from_slice(&text).map_err(|_error| unreadable())?);
                }
                // It was struck out since.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(payments)
    }

    /// Forgets a payment.
    pub(super) fn strike(&self, hash: &[u8; 32]) -> Result<(), Error> {
        let key = hex::encode(hash);
        let Err(error) = self.0.remove(PLACE, "", &key, false) else { return Ok(()) };
        if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::InvalidData, "what was kept of a payment cannot be read")
}

/// The namespace among LDK's own.
const PLACE: &str = "countersign_payments";
