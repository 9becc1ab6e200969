use countersign_blinding::{BlindedPaths, BlindedPayInfos, Direction, Introduction};
use countersign_offers::{Bip353Name, ChainHash, Fallbacks, Features, Field, Untrusted};
use countersign_tlv::{DecodeError, Reader, Record};
use serde::{Serialize, Serializer};

use super::kind::Kind;

/// The value of a field, as it is printed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Number(u64),
    Numbers(Vec<u64>),
    Msat(u64),
    Seconds(u32),
    /// Seconds since 1970.
    Moment(u64),
    Text(Text),
    Bytes(Bytes),
    /// A bitmap.
    Features(Bytes),
    Chain(Bytes),
    Chains(Vec<Bytes>),
    Hashes(Vec<Bytes>),
    Name {
        name: String,
        domain: String,
    },
    Paths(Vec<Path>),
    PayInfos(Vec<PayInfo>),
    Fallbacks(Vec<Fallback>),
}

/// A stranger's words, escaped.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Text {
    pub(super) shown: String,
    /// Nothing had to be escaped.
    #[serde(skip)]
    pub(super) is_plain: bool,
}

#[derive(Debug)]
pub(super) struct Bytes(pub(super) Vec<u8>);

#[derive(Debug, Serialize)]
pub(super) struct Path {
    #[serde(flatten)]
    pub(super) start: Start,
    pub(super) first_path_key: Bytes,
    pub(super) hops: Vec<Hop>,
}

/// Where a path begins.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Start {
    Node { first_node_id: Bytes },
    Channel { first_scid: String, first_scid_dir: u8 },
}

#[derive(Debug, Serialize)]
pub(super) struct Hop {
    pub(super) blinded_node_id: Bytes,
    pub(super) encrypted_recipient_data: Bytes,
}

#[derive(Debug, Serialize)]
pub(super) struct PayInfo {
    pub(super) fee_base_msat: u32,
    pub(super) fee_proportional_millionths: u32,
    pub(super) cltv_expiry_delta: u16,
    pub(super) htlc_minimum_msat: u64,
    pub(super) htlc_maximum_msat: u64,
    pub(super) features: Bytes,
}

#[derive(Debug, Serialize)]
pub(super) struct Fallback {
    pub(super) version: u8,
    pub(super) address: Bytes,
}

impl Value {
    /// Reads the value of a field by what its number means in a message of `kind`.
    ///
    /// # Errors
    /// When the value is not the field's encoding, which the message's own parser finds first.
    pub(super) fn read(kind: Kind, record: &Record<'_>) -> Result<Self, DecodeError> {
        let mut reader = record.reader();
        if kind == Kind::InvoiceError {
            return match Field(record.number) {
                Field::ERRONEOUS_FIELD => reader.tu64().map(Self::Number),
                Field::ERROR => reader.utf8().map(Self::text),
                _ => Ok(Self::bytes(record.value)),
            };
        }
        Ok(match Field(record.number) {
            Field::OFFER_CURRENCY
            | Field::OFFER_DESCRIPTION
            | Field::OFFER_ISSUER
            | Field::INVREQ_PAYER_NOTE
            | Field::PROOF_NOTE => Self::text(reader.utf8()?),
            Field::OFFER_AMOUNT | Field::OFFER_QUANTITY_MAX | Field::INVREQ_QUANTITY => {
                Self::Number(reader.tu64()?)
            }
            Field::INVREQ_AMOUNT | Field::INVOICE_AMOUNT => Self::Msat(reader.tu64()?),
            Field::OFFER_ABSOLUTE_EXPIRY | Field::INVOICE_CREATED_AT => {
                Self::Moment(reader.tu64()?)
            }
            Field::INVOICE_RELATIVE_EXPIRY => Self::Seconds(reader.tu32()?),
            Field::OFFER_FEATURES | Field::INVREQ_FEATURES | Field::INVOICE_FEATURES => {
                Self::Features(Bytes(record.value.to_vec()))
            }
            Field::INVREQ_CHAIN => Self::Chain(Bytes(record.value.to_vec())),
            Field::OFFER_CHAINS => Self::Chains(hashes(record.value)),
            Field::PROOF_MISSING_HASHES | Field::PROOF_LEAF_HASHES => {
                Self::Hashes(hashes(record.value))
            }
            Field::PROOF_OMITTED_TLVS => Self::Numbers(bigsizes(reader)?),
            // That its points are on the curve has been checked with the message.
            Field::OFFER_PATHS | Field::INVREQ_PATHS | Field::INVOICE_PATHS => {
                Self::Paths(paths(&BlindedPaths::frame(&mut reader)?))
            }
            Field::INVOICE_BLINDEDPAY => {
                Self::PayInfos(pay_infos(&BlindedPayInfos::parse(&mut reader)?))
            }
            Field::INVOICE_FALLBACKS => Self::Fallbacks(fallbacks(&Fallbacks::parse(&mut reader)?)),
            Field::INVREQ_BIP_353_NAME => Bip353Name::parse(reader).map_or_else(
                |_| Self::bytes(record.value),
                |it| Self::Name { name: it.name.to_owned(), domain: it.domain.to_owned() },
            ),
            _ => Self::bytes(record.value),
        })
    }

    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(Bytes(bytes.to_vec()))
    }

    fn text(text: &str) -> Self {
        let text = Untrusted::new(text);
        Self::Text(Text { shown: text.to_string(), is_plain: text.is_plain() })
    }
}

impl Bytes {
    /// The bits of a bitmap that are set.
    pub(super) fn bits(&self) -> Vec<u32> {
        Features::new(&self.0).bits().collect()
    }

    /// The chain of which these are the hash, if it is one that people know by a name.
    pub(super) fn chain(&self) -> Option<&'static str> {
        let names = [
            (ChainHash::BITCOIN, "bitcoin"),
            (ChainHash::TESTNET, "testnet"),
            (ChainHash::SIGNET, "signet"),
            (ChainHash::REGTEST, "regtest"),
        ];
        names.iter().find(|(hash, _)| hash.0 == *self.0).map(|&(_, name)| name)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

fn hashes(value: &[u8]) -> Vec<Bytes> {
    value.as_chunks::<32>().0.iter().map(|hash| Bytes(hash.to_vec())).collect()
}

fn bigsizes(mut reader: Reader<'_>) -> Result<Vec<u64>, DecodeError> {
    let mut numbers = Vec::new();
    while !reader.is_empty() {
        numbers.push(reader.bigsize()?);
    }
    Ok(numbers)
}

fn paths(paths: &BlindedPaths<'_>) -> Vec<Path> {
    let of_path = |path: countersign_blinding::BlindedPath<'_>| Path {
        start: match path.introduction() {
            Introduction::NodeId(id) => Start::Node { first_node_id: Bytes(id.to_vec()) },
            Introduction::ShortChannelId { direction, id } => Start::Channel {
                first_scid: short_channel_id(id.0),
                first_scid_dir: match direction {
                    Direction::NodeOne => 0,
                    Direction::NodeTwo => 1,
                },
            },
        },
        first_path_key: Bytes(path.first_path_key().to_vec()),
        hops: path
            .hops()
            .map(|hop| Hop {
                blinded_node_id: Bytes(hop.blinded_node_id.to_vec()),
                encrypted_recipient_data: Bytes(hop.encrypted_recipient_data.to_vec()),
            })
            .collect(),
    };
    paths.iter().map(of_path).collect()
}

fn pay_infos(infos: &BlindedPayInfos<'_>) -> Vec<PayInfo> {
    let of_info = |info: countersign_blinding::BlindedPayInfo<'_>| PayInfo {
        fee_base_msat: info.fee_base_msat,
        fee_proportional_millionths: info.fee_proportional_millionths,
        cltv_expiry_delta: info.cltv_expiry_delta,
        htlc_minimum_msat: info.htlc_minimum_msat,
        htlc_maximum_msat: info.htlc_maximum_msat,
        features: Bytes(info.features.to_vec()),
    };
    infos.iter().map(of_info).collect()
}

fn fallbacks(fallbacks: &Fallbacks<'_>) -> Vec<Fallback> {
    let of_address = |it: countersign_offers::FallbackAddress<'_>| Fallback {
        version: it.version,
        address: Bytes(it.address.to_vec()),
    };
    fallbacks.iter().map(of_address).collect()
}

/// A channel as BOLT 7 writes it: block, transaction and output.
fn short_channel_id(id: u64) -> String {
    format!("{}x{}x{}", id >> 40, (id >> 16) & 0xff_ffff, id & 0xffff)
}
