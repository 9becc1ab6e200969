use anyhow::{Result, bail, ensure};
use countersign_client::{
    Client, OfferPath, OfferTerms, Onion, Outcome, PaymentPath, PaymentPaths, RecipientHop,
};
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

/// Provisions a new device, makes an offer, and has it answer a request whose onion is of that size
/// with an invoice in another. The payer verifies the invoice.
///
/// # Errors
///
/// When any of that fails.
pub async fn answer_request(client: &mut Client, onions: Onions) -> Result<Answered> {
    let (relay, recipient, customer) = with_curve(|curve| {
        let recipient = secret_key(&[2; 32]);
        [payer::relay(), recipient, payer::payer()].map(|key| key.public_key(curve))
    })
    .into();
    let node = |key: &countersign_crypto::PublicKey| Bytes(key.serialize());

    client.restore(WORDS, Network::Regtest).await?;
    // A board without a screen shows its prompts on the host's.
    client.propose_rules(&[(Rule::Prompts, Some(1))]).await?;
    client.set_time(NOW).await?;
    client.pin_recipient(node(&recipient), None).await?;
    client.propose_rules(&[(Rule::IntroductionNode, Some(1))]).await?;
    let named = Destination::Node(node(&relay));
    let hop = MessageHop { node: node(&relay), named, next: NextHop::NodeId };
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

    let (request, at_device) = with_curve(|curve| {
        let request = payer::request(curve, &offer, &Wish::default());
        let reply_path = payer::reply_path(curve, &[relay, customer], onions.padding());
        let sent = payer::send(curve, &offer, &request, &reply_path);
        (request, payer::pass(curve, &payer::relay(), &sent))
    });
    let onion = Onion { path_key: &at_device.path_key, packet: &at_device.packet };
    let mut paths = one_path(node(&relay), node(&recipient));
    let outcome = client.answer(onion, ErrorForm::Specification, &mut paths).await?;
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
    Ok(Answered { amount_msat, request_len: at_device.packet.len(), answer_len, stack })
}

fn one_path(relay: Bytes<33>, recipient: Bytes<33>) -> PaymentPaths {
    let hop = PaymentHop {
        node: relay,
        short_channel_id: 1,
        cltv_expiry_delta: 40,
        fee_proportional_millionths: 100,
        fee_base_msat: 10,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
    };
    let recipient = RecipientHop {
        node: recipient,
        records: Vec::new(),
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    };
    PaymentPaths { paths: vec![PaymentPath { hops: vec![hop], recipient }], multipart: false }
}
