use core::fmt;

use countersign_crypto::{
    Curve, KeyType, NONCE_ZERO, NotAKey, PublicKey, Secret, SecretKey, TAG_LEN, seal,
    seal_with_trailing_key,
};
use countersign_tlv::{Full, Writer};

use crate::chain::Chain;
use crate::padding::fill;
use crate::recipient::Misfit;
use crate::{
    BlindedHop, BlindedPath, Direction, EncryptedDataTlv, Field, Introduction, Padding,
    ShortChannelId,
};

/// Most hops of a message path that we make, dummy hops included.
pub const MAX_MESSAGE_HOPS: u8 = 14;

/// Most hops of a payment path that we make.
pub const MAX_PAYMENT_HOPS: u8 = 8;

/// A hop of a path that is to be blinded.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// The node.
    pub node_id: PublicKey,
    /// What the node is told.
    pub data: EncryptedDataTlv<'a>,
    /// How that is sealed.
    pub sealing: Sealing<'a>,
}

/// How a hop's data are encrypted.
#[derive(Clone, Copy, Debug)]
pub enum Sealing<'a> {
    /// With ChaCha20-Poly1305, as BOLT 4 says.
    Plain,
    /// As LDK from 0.3 wants data of its own: the tag also proves knowledge of the receiving
    /// node's `ReceiveAuthKey`.
    ReceiveAuthKey(&'a Secret<32>),
}

/// How a path names the node where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// By its node id.
    NodeId,
    /// By a channel, which is shorter, and which the reader has to look up.
    ShortChannelId {
        /// Which end of the channel the node is.
        direction: Direction,
        /// The channel.
        id: ShortChannelId,
    },
}

/// What is sent along a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Onion messages.
    Message,
    /// Payments.
    Payment,
}

/// A path before it is blinded.
///
/// Its last hop is the recipient; or else, when its data say how to go on, they carry a
/// `next_path_key_override`, and the path leads up to another blinded path.
#[derive(Clone, Copy, Debug)]
pub struct Route<H> {
    /// What is sent along it.
    pub purpose: Purpose,
    /// How it names its beginning.
    pub start: Start,
    /// Its hops, in the order in which something sent passes them.
    pub hops: H,
    /// Hops that the recipient takes to itself before its own, so that a sender cannot count.
    pub dummy_hops: u8,
    /// How long the hops' data are made.
    pub padding: Padding,
}

/// What is known of the last hop of a path that was just created.
#[derive(Debug)]
pub struct LastHop(Chain);

/// Why a path was not created. What was written of it by then is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// There is no hop.
    NoHops,
    /// There are more than [`MAX_MESSAGE_HOPS`] or [`MAX_PAYMENT_HOPS`].
    TooManyHops,
    /// Dummy hops where there can be none: in a payment path, or in front of another path.
    DummyHops,
    /// A hop's data lack a field that they must have.
    Missing {
        /// Which hop, counted from 0 and without dummies.
        hop: u8,
        /// The field.
        field: Field,
    },
    /// A hop's data have a field that they must not have.
    Unexpected {
        /// Which hop, counted from 0 and without dummies.
        hop: u8,
        /// The field.
        field: Field,
    },
    /// A hop's data are longer than their 16-bit length can say.
    TooLong,
    /// The session key is no secret key: for random bytes, once in 2¹²⁷ times.
    NotAKey,
    /// The caller's buffer cannot hold the path.
    Full,
}

const _: () = assert!(size_of::<CreateError>() <= 16);

impl<'a, H: Iterator<Item = Hop<'a>> + Clone> Route<H> {
    /// Blinds the path with `session_key`, which must be fresh and secret, and writes it in its
    /// wire form.
    ///
    /// This takes three multiplications a hop: the shared secret, the blinded node id, and, for
    /// all hops but the last, the path key.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn blind(
        &self,
        curve: &Curve<'_>,
        session_key: &Secret<32>,
        writer: &mut Writer<'_>,
    ) -> Result<LastHop, CreateError> {
        let &Self { purpose, start, ref hops, dummy_hops, padding } = self;
        let hop = |index: u8| hops.clone().nth(index.into());
        Route { purpose, start, hops: Hops(&hop), dummy_hops, padding }.write(
            curve,
            session_key,
            writer,
        )
    }
}

/// The hops of a route, each made anew whenever it is looked at: what is written for them is then
/// there once, whatever iterator they come from.
#[derive(Clone, Copy)]
struct Hops<'f, 'a>(&'f dyn Fn(u8) -> Option<Hop<'a>>);

impl Route<Hops<'_, '_>> {
    #[inline(never)]
    fn write(
        &self,
        curve: &Curve<'_>,
        session_key: &Secret<32>,
        writer: &mut Writer<'_>,
    ) -> Result<LastHop, CreateError> {
        let last = self.check()?;
        let target = self.target(last)?;
        // Large values, which `?` would have on the stack twice.
        let Ok(mut chain) = Chain::start(session_key) else { return Err(CreateError::NotAKey) };
        self.write_head(curve, &mut chain, last, writer)?;
        for index in 0..=last {
            let Some(hop) = self.hops.0(index) else { return Err(CreateError::NoHops) };
            if index == last && self.dummy_hops > 0 {
                self.write_dummies(curve, &mut chain, &hop, target, writer)?;
            }
            write_hop(curve, &mut chain, &hop, target, writer)?;
        }
        Ok(LastHop(chain))
    }

    fn hop(&self, index: u8) -> Result<Hop<'_>, CreateError> {
        self.hops.0(index).ok_or(CreateError::NoHops)
    }

    #[inline(never)]
    fn write_head(
        &self,
        curve: &Curve<'_>,
        chain: &mut Chain,
        last: u8,
        writer: &mut Writer<'_>,
    ) -> Result<(), CreateError> {
        let num_hops = last.saturating_add(1).saturating_add(self.dummy_hops);
        let first_path_key = chain.path_key(curve).serialize();
        let first_node_id = self.hop(0)?.node_id.serialize();
        let introduction = self.start.introduction(&first_node_id);
        Ok(BlindedPath::write_head(writer, introduction, &first_path_key, num_hops)?)
    }

    #[inline(never)]
    fn write_dummies(
        &self,
        curve: &Curve<'_>,
        chain: &mut Chain,
        recipient: &Hop<'_>,
        target: Option<usize>,
        writer: &mut Writer<'_>,
    ) -> Result<(), CreateError> {
        let own_id = recipient.node_id.serialize();
        let dummy = Hop::dummy(recipient.node_id, &own_id);
        (0..self.dummy_hops).try_for_each(|_| write_hop(curve, chain, &dummy, target, writer))
    }

    /// The index of the last hop, if every hop says what it must and nothing that it must not.
    #[inline(never)]
    fn check(&self) -> Result<u8, CreateError> {
        let most = match self.purpose {
            Purpose::Message => MAX_MESSAGE_HOPS,
            Purpose::Payment => MAX_PAYMENT_HOPS,
        };
        // One more than there may be is enough.
        let hops = (0..=most).take_while(|&index| self.hops.0(index).is_some());
        let count = hops.fold(0_u8, |count, _| count.saturating_add(1));
        if count.saturating_add(self.dummy_hops) > most {
            return Err(CreateError::TooManyHops);
        }
        let last = count.checked_sub(1).ok_or(CreateError::NoHops)?;
        for index in 0..=last {
            let hop = self.hop(index)?;
            let place = Place::of(&hop.data, last.saturating_sub(index));
            let takes_dummies = place != Place::Joining && self.purpose == Purpose::Message;
            if self.dummy_hops > 0 && !takes_dummies {
                return Err(CreateError::DummyHops);
            }
            place.check(self.purpose, &hop.data).map_err(|misfit| match misfit {
                Misfit::Missing(field) => CreateError::Missing { hop: index, field },
                Misfit::Unexpected(field) => CreateError::Unexpected { hop: index, field },
            })?;
        }
        Ok(last)
    }

    /// The length to which all hops' data are padded, if they are.
    #[inline(never)]
    fn target(&self, last: u8) -> Result<Option<usize>, CreateError> {
        let hops = (0..=last).filter_map(|index| self.hops.0(index));
        let dummies = core::iter::repeat_n(Hop::DUMMY_LEN, self.dummy_hops.into());
        self.padding.target(&hops.map(|hop| hop.data.len()).chain(dummies))
    }
}

/// Computes and writes one hop. The data are encrypted where they are written.
#[inline(never)]
fn write_hop(
    curve: &Curve<'_>,
    chain: &mut Chain,
    hop: &Hop<'_>,
    target: Option<usize>,
    writer: &mut Writer<'_>,
) -> Result<(), CreateError> {
    let shared = chain.visit(curve, &hop.node_id)?;
    let blinded_node_id = hop.node_id.times(curve, &shared.derive(KeyType::BlindedNodeId))?;
    let len = hop.data.len();
    let padding = fill(target.unwrap_or(len).saturating_sub(len)).or(Err(CreateError::TooLong))?;
    let sealed_len = target.unwrap_or(len).saturating_add(TAG_LEN);
    let sealed_len = u16::try_from(sealed_len).or(Err(CreateError::TooLong))?;

    BlindedHop::write_head(writer, &blinded_node_id.serialize(), sealed_len)?;
    let (data, tag) = writer.space(sealed_len.into())?.split_last_chunk_mut().ok_or(Full)?;
    hop.data.write(padding, &mut Writer::new(data))?;
    let rho = shared.derive(KeyType::Rho);
    *tag = match hop.sealing {
        Sealing::Plain => seal(&rho, &NONCE_ZERO, &[], data),
        Sealing::ReceiveAuthKey(key) => seal_with_trailing_key(&rho, key, data),
    };
    Ok(())
}

impl<'a> Hop<'a> {
    /// A hop that is sealed as BOLT 4 says.
    #[must_use]
    pub const fn plain(node_id: PublicKey, data: EncryptedDataTlv<'a>) -> Self {
        Self { node_id, data, sealing: Sealing::Plain }
    }

    /// A hop that a node takes to itself.
    fn dummy(node_id: PublicKey, own_id: &'a [u8; 33]) -> Self {
        let data = EncryptedDataTlv { next_node_id: Some(own_id), ..EncryptedDataTlv::default() };
        Self::plain(node_id, data)
    }

    /// Bytes of a dummy hop's data before padding: one record with a point.
    const DUMMY_LEN: usize = 35;
}

impl Start {
    fn introduction(self, first_node_id: &[u8; 33]) -> Introduction<'_> {
        match self {
            Self::NodeId => Introduction::NodeId(first_node_id),
            Self::ShortChannelId { direction, id } => {
                Introduction::ShortChannelId { direction, id }
            }
        }
    }
}

impl LastHop {
    /// Finds the last hop of a path again that was blinded with `session_key`: two multiplications
    /// a hop, less one. `node_ids` are those of all hops, dummies included.
    ///
    /// # Errors
    /// [`NotAKey`], when the path cannot have been blinded with that key.
    pub fn find(
        curve: &Curve<'_>,
        session_key: &Secret<32>,
        node_ids: impl Iterator<Item = PublicKey>,
    ) -> Result<Self, NotAKey> {
        let mut chain = Chain::start(session_key)?;
        for node_id in node_ids {
            chain.visit(curve, &node_id)?;
        }
        Ok(Self(chain))
    }

    /// The secret key of [`LastHop::path_key`], for whoever would rather pay for the multiplication
    /// later, or never.
    #[must_use]
    pub fn into_secret(self) -> SecretKey {
        self.0.into_secret()
    }

    /// The path key with which something sent along the path reaches the recipient: one
    /// multiplication. Nobody can compute it who does not know the session key or the secret key
    /// of a node of the path.
    #[must_use]
    pub fn path_key(mut self, curve: &Curve<'_>) -> PublicKey {
        self.0.path_key(curve)
    }
}

/// A hop's place in a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Another hop follows.
    Forwarding,
    /// The last, behind which another blinded path begins.
    Joining,
    /// The last.
    Recipient,
}

impl Place {
    /// The place of a hop with `behind` hops behind it.
    fn of(data: &EncryptedDataTlv<'_>, behind: u8) -> Self {
        match (behind, data.next_hop()) {
            (1.., _) => Self::Forwarding,
            (0, Ok(_)) => Self::Joining,
            (0, Err(_)) => Self::Recipient,
        }
    }

    /// Checks that `data` have what a hop here must have, and nothing that it must not (R-BP-02,
    /// R-BP-05, R-BPP-01, R-BPP-02).
    fn check(self, purpose: Purpose, data: &EncryptedDataTlv<'_>) -> Result<(), Misfit> {
        use Field::{
            NextNodeId, NextPathKeyOverride, PathId, PaymentConstraints, PaymentRelay,
            ShortChannelId,
        };
        let (must, must_not): (&[Field], &[Field]) = match (self, purpose) {
            (Self::Forwarding, Purpose::Message) => {
                (&[], &[PathId, NextPathKeyOverride, PaymentRelay, PaymentConstraints])
            }
            (Self::Forwarding, Purpose::Payment) => {
                (&[PaymentRelay, PaymentConstraints], &[PathId, NextPathKeyOverride])
            }
            (Self::Joining, Purpose::Message) => {
                (&[NextPathKeyOverride], &[PathId, PaymentRelay, PaymentConstraints])
            }
            (Self::Joining, Purpose::Payment) => {
                (&[NextPathKeyOverride, PaymentRelay, PaymentConstraints], &[PathId])
            }
            (Self::Recipient, Purpose::Message) => (
                &[],
                &[
                    ShortChannelId,
                    NextNodeId,
                    NextPathKeyOverride,
                    PaymentRelay,
                    PaymentConstraints,
                ],
            ),
            (Self::Recipient, Purpose::Payment) => {
                (&[], &[ShortChannelId, NextNodeId, NextPathKeyOverride, PaymentRelay])
            }
        };
        data.expect(must, must_not)?;
        if self == Self::Recipient {
            return Ok(());
        }
        match (data.has(NextNodeId), data.has(ShortChannelId)) {
            (false, false) => Err(Misfit::Missing(NextNodeId)),
            (true, true) => Err(Misfit::Unexpected(ShortChannelId)),
            (true, false) | (false, true) => Ok(()),
        }
    }
}

impl From<Full> for CreateError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<NotAKey> for CreateError {
    fn from(_: NotAKey) -> Self {
        Self::NotAKey
    }
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHops => f.write_str("a path has at least one hop"),
            Self::TooManyHops => write!(
                f,
                "a path has at most {MAX_MESSAGE_HOPS} hops for messages, {MAX_PAYMENT_HOPS} for \
                 payments"
            ),
            Self::DummyHops => f.write_str("dummy hops belong in front of a message's recipient"),
            Self::Missing { hop, field } => write!(f, "hop {hop}: {field} is missing"),
            Self::Unexpected { hop, field } => write!(f, "hop {hop}: {field} must not be there"),
            Self::TooLong => f.write_str("a hop's data are longer than 65,535 bytes"),
            Self::NotAKey => f.write_str("the session key is no secret key"),
            Self::Full => Full.fmt(f),
        }
    }
}

impl core::error::Error for CreateError {}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]
mod tests;
