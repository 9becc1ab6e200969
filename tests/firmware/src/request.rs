use anyhow::{Result, bail, ensure};
use countersign_client::{
    Client, OfferPath, OfferTerms, Onion, Outcome, PaymentPath, PaymentPaths, RecipientHop,
};
use countersign_crypto::SecretKey;
use countersign_link::{
    Bytes, Destination, ErrorForm, MessageHop, Network, NextHop, Padding, PaymentHop, Price, Seal,
};
use countersign_policy::Rule;
use countersign_tests::onion::{secret_key, with_curve};
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::shop::{NOW, WORDS};

/// Bytes of the largest onion message packet that the device takes and makes.
pub const LARGEST: usize = 32_834;

/// Bytes of the smallest onion message packet.
pub const SMALLEST: usize = 1_366;

/// How large the onions of a request and its answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onions {
    /// [`SMALLEST`] both.
    Small,
    /// [`LARGEST`] both.
    Large,
}

impl Onions {
    /// Bytes in each hop of the payer's reply path beside what it needs.
    const fn padding(self) -> usize {
        match self {
            Self::Small => 0,
            Self::Large => 600,
        }
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// `invoice_amount`, as the payer verified it.
    pub amount_msat: u64,
    /// Bytes of the request's onion.
    pub request_len: usize,
    /// Bytes of the answer's onion.
    pub answer_len: usize,
    /// How deep the device's stack has been since it was switched on.
    pub stack: u32,
}

/// A customer's request, on its way.
#[derive(Debug)]
pub struct Asked {
    /// The `invoice_request`.
    request: Vec<u8>,
    /// The onion, as it arrives at the device.
    pub onion: InFlight,
}

/// Provisions a new device, makes an offer, and has it answer a request whose onion is of that size
/// with an invoice in another. The payer verifies the invoice.
///
/// # Errors
///
/// When any of that fails.
pub async fn answer_request(client: &mut Client, onions: Onions) -> Result<Answered> {
    let Asked { request, onion } = ask(client, onions).await?;
    let request_len = onion.packet.len();
    let onion = Onion { path_key: &onion.path_key, packet: &onion.packet };
    let outcome = client.answer(onion, ErrorForm::Specification, &mut one_path()).await?;
    let Outcome::Outgoing(outgoing) = outcome else { bail!("no invoice but {outcome:?}") };
    let answer_len = outgoing.packet.len();

    let answer = InFlight { path_key: outgoing.path_key, packet: outgoing.packet };
    let amount_msat = with_curve(|curve| {
        let at_payer = payer::pass(curve, &payer::relay(), &answer);
        let (number, invoice) = payer::receive(curve, &payer::payer(), &at_payer);
        ensure!(number == 66, "no invoice but a message of type {number}");
        Ok(payer::verify(curve, &request, &invoice).1)
    })?;
    let stack = client.info().await?.stack;
    Ok(Answered { amount_msat, request_len, answer_len, stack })
}

/// Provisions a new device, makes an offer, and has a customer ask for its invoice.
///
/// # Errors
///
/// When any of that fails.
pub async fn ask(client: &mut Client, onions: Onions) -> Result<Asked> {
    client.restore(WORDS, Network::Regtest).await?;
    // A board without a screen shows its prompts on the host's.
    client.propose_rules(&[(Rule::Prompts, Some(1))]).await?;
    client.set_time(NOW).await?;
    client.pin_recipient(recipient(), None).await?;
    client.propose_rules(&[(Rule::IntroductionNode, Some(1))]).await?;
    let relay = node(&payer::relay());
    let hop = MessageHop { node: relay, named: Destination::Node(relay), next: NextHop::NodeId };
    let terms = OfferTerms {
        price: Price::Msat(10_000),
        description: Some("a cup of tea".to_owned()),
        issuer: None,
        quantity_max: None,
        expiry: None,
        issuer_id: true,
        paths: vec![OfferPath { hops: vec![hop], padding: Padding::None }],
    };
    let offer = payer::records(&client.create_offer(&terms).await?.text);
    Ok(with_curve(|curve| {
        let hops = [payer::relay(), payer::payer()].map(|key| key.public_key(curve));
        let request = payer::request(curve, &offer, &Wish::default());
        let reply_path = payer::reply_path(curve, &hops, onions.padding());
        let sent = payer::send(curve, &offer, &request, &reply_path);
        Asked { request, onion: payer::pass(curve, &payer::relay(), &sent) }
    }))
}

/// The merchant's node.
fn recipient() -> Bytes<33> {
    node(&secret_key(&[2; 32]))
}

fn node(key: &SecretKey) -> Bytes<33> {
    Bytes(with_curve(|curve| key.public_key(curve).serialize()))
}

fn one_path() -> PaymentPaths {
    let hop = PaymentHop {
        node: node(&payer::relay()),
        short_channel_id: 1,
        cltv_expiry_delta: 40,
        fee_proportional_millionths: 100,
        fee_base_msat: 10,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
    };
    let recipient = RecipientHop {
        node: recipient(),
        records: Vec::new(),
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    };
    PaymentPaths { paths: vec![PaymentPath { hops: vec![hop], recipient }], multipart: false }
}
