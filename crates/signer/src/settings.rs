use countersign_crypto::PublicKey;
use countersign_policy::{Change, Limits, Rule, Rules};
use countersign_tlv::{Full, Reader, Record, Writer};
use heapless::Vec;

use crate::capacity::{INTRODUCTION_NODES, OFFER_ID_LEN, REVOKED_OFFERS};
use crate::store::{self, Unreadable};

/// An offer, by the start of the SHA-256 of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferId(pub [u8; OFFER_ID_LEN]);

impl OfferId {
    /// The identifier that is the start of `offer`.
    #[must_use]
    pub const fn of(offer: &[u8; 32]) -> Self {
        let [start @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = offer;
        Self(*start)
    }
}

/// What the merchant has decided: one item in flash, so that it is old or new and never a mix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The rules.
    pub rules: Rules,
    /// The node that every payment path must end at.
    pub recipient: Option<PublicKey>,
    /// The recipient's receive-auth key, which seals its own records for LDK from 0.3 on. It is
    /// known to the recipient's host, so it is not among the device's secrets.
    pub receive_auth_key: Option<[u8; 32]>,
    /// The nodes that a payment path may start at, when the rules want them listed; compressed
    /// points.
    pub introduction_nodes: Vec<[u8; 33], INTRODUCTION_NODES>,
    /// The number that is mixed into every offer; the next one makes every earlier offer void.
    pub epoch: u32,
    /// Offers of this epoch that are void.
    pub revoked: Vec<OfferId, REVOKED_OFFERS>,
}

/// The rules that are not the same in both.
pub(crate) fn changes(current: &Settings, wanted: &Settings) -> impl Iterator<Item = Change> {
    let (old, new) = (current.rules.limits().fields(), wanted.rules.limits().fields());
    // Both list every rule, in one order.
    old.zip(new).filter(|((_, old), (_, new))| old != new).map(|((rule, old), (_, new))| Change {
        rule,
        old,
        new,
    })
}

/// A rule: its number, then its value as a `tu64`; no record means that the rule is off.
const FIRST_RULE: u64 = 1_000;
const LAST_RULE: u64 = 1_255;
/// Which rules the record stream speaks of: the numbers of those that are off.
const RULES_OFF: u64 = 2;
const RECIPIENT: u64 = 4;
const INTRODUCTION: u64 = 6;
const EPOCH: u64 = 8;
const REVOKED: u64 = 10;
const RECEIVE_AUTH_KEY: u64 = 12;

impl Settings {
    /// Whether `offer` was revoked.
    #[must_use]
    pub fn is_revoked(&self, offer: OfferId) -> bool {
        self.revoked.contains(&offer)
    }

    /// What pairing sets: the recipient, its receive-auth key, and where a path may start.
    pub(crate) fn pinned(&self) -> (Option<PublicKey>, Option<[u8; 32]>, &[[u8; 33]]) {
        (self.recipient, self.receive_auth_key, &self.introduction_nodes)
    }

    /// Writes the settings as a TLV stream.
    ///
    /// A firmware that does not know one of its even records refuses it, so an older image never
    /// runs with rules that it would not keep.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        let off = || self.rules.limits().fields().filter(|(_, value)| value.is_none());
        let count = off().fold(0, |count: usize, _| count.saturating_add(1));
        writer.header(RULES_OFF, count)?;
        for (rule, _) in off() {
            writer.bytes(&[rule.number()])?;
        }
        if let Some(recipient) = self.recipient {
            writer.record(RECIPIENT, &recipient.serialize())?;
        }
        writer.header(INTRODUCTION, self.introduction_nodes.len().saturating_mul(POINT_LEN))?;
        for node in &self.introduction_nodes {
            writer.bytes(node)?;
        }
        writer.truncated_record(EPOCH, self.epoch.into())?;
        writer.header(REVOKED, self.revoked.len().saturating_mul(OFFER_ID_LEN))?;
        for offer in &self.revoked {
            writer.bytes(&offer.0)?;
        }
        if let Some(key) = &self.receive_auth_key {
            writer.record(RECEIVE_AUTH_KEY, key)?;
        }
        for (rule, value) in self.rules.limits().fields() {
            if let Some(value) = value {
                writer.truncated_record(FIRST_RULE.saturating_add(rule.number().into()), value)?;
            }
        }
        writer.record(store::COMPLETE, &[])
    }

    /// Reads settings that [`Settings::write`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else: a device does not guess its rules.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut settings = Self::default();
        let mut limits = Limits::default();
        for record in store::whole(bytes)?.records() {
            match record.number {
                RULES_OFF => rules_off(&mut limits, record)?,
                RECIPIENT => settings.recipient = Some(point(&mut record.reader())?),
                INTRODUCTION => {
                    let mut nodes = record.reader();
                    while !nodes.is_empty() {
                        let node = point(&mut nodes)?.serialize();
                        settings.introduction_nodes.push(node).or(TOO_LONG)?;
                    }
                }
                EPOCH => settings.epoch = record.reader().tu32()?,
                REVOKED => {
                    let mut offers = record.reader();
                    while !offers.is_empty() {
                        settings.revoked.push(OfferId(*offers.array()?)).or(TOO_LONG)?;
                    }
                }
                RECEIVE_AUTH_KEY => {
                    settings.receive_auth_key = Some(*record.reader().array()?);
                }
                FIRST_RULE..=LAST_RULE => {
                    let rule = rule(record.number.saturating_sub(FIRST_RULE))?;
                    limits.set(rule, Some(record.reader().tu64()?)).or(Err(Unreadable::Rule))?;
                }
                store::COMPLETE => {}
                _ if record.is_even() => return Err(Unreadable::Newer),
                _ => {}
            }
        }
        settings.rules = Rules::new(limits).or(Err(Unreadable::Rule))?;
        Ok(settings)
    }
}

const POINT_LEN: usize = 33;
const TOO_LONG: Result<(), Unreadable> = Err(Unreadable::TooLong);

fn rules_off(limits: &mut Limits, record: Record<'_>) -> Result<(), Unreadable> {
    record
        .value
        .iter()
        .try_for_each(|&number| limits.set(rule(number.into())?, None).or(Err(Unreadable::Rule)))
}

fn rule(number: u64) -> Result<Rule, Unreadable> {
    // A rule that this firmware does not know would not be kept.
    u8::try_from(number).ok().and_then(Rule::from_number).ok_or(Unreadable::Newer)
}

fn point(reader: &mut Reader<'_>) -> Result<PublicKey, Unreadable> {
    PublicKey::parse(reader.array()?).or(Err(Unreadable::Point))
}

#[cfg(test)]
mod tests {
    use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};
    use countersign_policy::{Limits, Rule, Rules};
    use countersign_tlv::{Full, Writer};

    use super::{OfferId, Settings};
    use crate::capacity::{INTRODUCTION_NODES, ITEM_LEN, REVOKED_OFFERS};
    use crate::store::Unreadable;

    fn point() -> PublicKey {
        let mut memory = CurveMemory::new();
        let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
        SecretKey::parse(&Secret::new([7; 32])).unwrap().public_key(&curve)
    }

    fn fullest() -> Settings {
        let mut limits = Limits::default();
        limits.set(Rule::PaidWindow, Some(u64::MAX >> 12)).unwrap();
        limits.set(Rule::Overpaid, None).unwrap();
        let mut settings = Settings {
            rules: Rules::new(limits).unwrap(),
            recipient: Some(point()),
            receive_auth_key: Some([9; 32]),
            epoch: u32::MAX,
            ..Settings::default()
        };
        for at in 0..INTRODUCTION_NODES {
            settings.introduction_nodes.push(point().serialize()).unwrap();
            assert_eq!(settings.introduction_nodes.len(), at.checked_add(1).unwrap());
        }
        for at in 0..REVOKED_OFFERS {
            settings.revoked.push(OfferId([u8::try_from(at).unwrap(); 16])).unwrap();
        }
        settings
    }

    #[test]
    fn settings_read_back_as_written_however_full() {
        for settings in [Settings::default(), fullest()] {
            let mut buffer = [0; ITEM_LEN];
            let mut writer = Writer::new(&mut buffer);
            settings.write(&mut writer).unwrap();
            assert_eq!(Settings::parse(writer.finish()), Ok(settings));
        }
    }

    /// Bytes of a rule's record, the value having `len`.
    const fn record(len: u32) -> u32 {
        len.saturating_add(4)
    }

    #[test]
    fn the_longest_settings_are_an_item() {
        let mut buffer = [0; ITEM_LEN];
        let mut writer = Writer::new(&mut buffer);
        let settings = fullest();
        settings.write(&mut writer).unwrap();
        let mut longest = writer.len();
        for (rule, value) in settings.rules.limits().fields() {
            let shortest = |len: u32| 256_u64.pow(len.saturating_sub(1));
            let takes = |len: &u32| Limits::default().set(rule, Some(shortest(*len))).is_ok();
            // A currency's letters have three bytes.
            let most = (1..=8).rev().find(takes).unwrap_or(3);
            // One that is off is a number in a list.
            let written = value.map_or(1, |value| {
                record(u64::BITS.saturating_sub(value.leading_zeros()).div_ceil(8))
            });
            let missing = record(most).saturating_sub(written);
            longest = longest.saturating_add(usize::try_from(missing).unwrap());
        }
        assert!(longest <= ITEM_LEN, "{longest}");
    }

    #[test]
    fn settings_cut_short_are_never_other_settings() {
        let mut buffer = [0; ITEM_LEN];
        let mut writer = Writer::new(&mut buffer);
        fullest().write(&mut writer).unwrap();
        let written = writer.finish();
        for len in 0..written.len() {
            let cut = Settings::parse(&written[..len]);
            assert!(matches!(cut, Err(Unreadable::Malformed(_))), "cut to {len} bytes");
        }
        let mut small = [0; 40];
        assert_eq!(fullest().write(&mut Writer::new(&mut small)), Err(Full));
    }

    #[test]
    fn an_older_firmware_refuses_what_it_would_not_keep() {
        assert_eq!(Settings::parse(&[14, 0, 0xfd, 7, 0xd0, 0]), Err(Unreadable::Newer));
        assert_eq!(Settings::parse(&[13, 0, 0xfd, 7, 0xd0, 0]), Ok(Settings::default()));
        let unknown_rule = [0xfd, 0x04, 0xe6, 1, 1, 0xfd, 7, 0xd0, 0];
        assert_eq!(Settings::parse(&unknown_rule), Err(Unreadable::Newer));
    }
}
