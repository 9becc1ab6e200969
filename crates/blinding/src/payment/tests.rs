extern crate alloc;

use alloc::vec::Vec;

use countersign_crypto::PublicKey;
use countersign_units::Msat;
use proptest::prelude::*;

use super::{ForwardingNode, PathError, PaymentPath, Recipient};
use crate::{
    BlindedPayInfo, EncryptedDataTlv, PaymentConstraints, PaymentRelay, Sealing, ShortChannelId,
};

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

/// The generator of the curve.
fn point() -> PublicKey {
    let bytes = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    PublicKey::parse(bytes.unwrap()[..].try_into().unwrap()).unwrap()
}

fn node(cltv_expiry_delta: u16, fee_base_msat: u32, fee_rate: u32) -> ForwardingNode {
    let fee_proportional_millionths = fee_rate;
    ForwardingNode {
        node_id: point(),
        short_channel_id: ShortChannelId(7),
        relay: PaymentRelay { cltv_expiry_delta, fee_proportional_millionths, fee_base_msat },
        htlc_minimum: Msat::ZERO,
        htlc_maximum: Msat::MAX,
    }
}

fn recipient() -> Recipient<'static> {
    Recipient {
        node_id: point(),
        data: EncryptedDataTlv::default(),
        sealing: Sealing::Plain,
        min_final_cltv_expiry_delta: 18,
        constraints: PaymentConstraints { max_cltv_expiry: 750_000, htlc_minimum: msat(50) },
        htlc_maximum: Msat::MAX,
    }
}

fn payinfo(
    forwarding: &[ForwardingNode],
    recipient: &Recipient<'_>,
) -> Result<BlindedPayInfo<'static>, PathError> {
    PaymentPath { forwarding, recipient }.payinfo()
}

/// Bob, Carol and Dave of bolt04/blinded-payment-onion-test.json.
fn three_nodes() -> [ForwardingNode; 3] {
    [node(50, 10_000, 0), node(75, 100, 150), node(25, 0, 100)]
}

#[test]
fn the_specifications_path_costs_what_it_says() {
    // R-BPP-04
    let payinfo = payinfo(&three_nodes(), &recipient()).unwrap();
    assert_eq!((payinfo.fee_base_msat, payinfo.fee_proportional_millionths), (10_100, 251));
    assert_eq!(payinfo.cltv_expiry_delta, 50 + 75 + 25 + 18);
}

#[test]
fn a_path_of_the_recipient_alone_is_free() {
    let payinfo = payinfo(&[], &recipient()).unwrap();
    assert_eq!(
        payinfo,
        BlindedPayInfo {
            fee_base_msat: 0,
            fee_proportional_millionths: 0,
            cltv_expiry_delta: 18,
            htlc_minimum_msat: 50,
            htlc_maximum_msat: Msat::MAX.get(),
            features: &[],
        }
    );
}

#[test]
fn constraints_grow_from_the_recipient_towards_the_payer() {
    // R-BPP-01, R-BPP-02
    let mut nodes = three_nodes();
    nodes[1].htlc_minimum = msat(80);
    let recipient = recipient();
    let path = PaymentPath { forwarding: &nodes, recipient: &recipient };
    let hops: Vec<_> = path.hops().unwrap().collect();
    let heights: Vec<_> =
        hops.iter().map(|hop| hop.data.payment_constraints.unwrap().max_cltv_expiry).collect();
    assert_eq!(heights, [750_150, 750_100, 750_025, 750_000]);
    for hop in &hops {
        assert_eq!(hop.data.payment_constraints.unwrap().htlc_minimum, msat(80));
    }
    for (hop, node) in hops.iter().zip(&nodes) {
        assert_eq!(hop.data.payment_relay, Some(node.relay));
        assert_eq!(hop.data.short_channel_id, Some(ShortChannelId(7)));
        assert_eq!(hop.data.next_node_id, None);
    }
    assert_eq!(hops[3].data.payment_relay, None);
    assert_eq!(path.payinfo().unwrap().htlc_minimum_msat, 80);
}

#[test]
fn a_recipients_own_constraints_stay_as_they_are() {
    let own = PaymentConstraints { max_cltv_expiry: 1, htlc_minimum: msat(2) };
    let data = EncryptedDataTlv { payment_constraints: Some(own), ..EncryptedDataTlv::default() };
    let recipient = Recipient { data, ..recipient() };
    let path = PaymentPath { forwarding: &[node(10, 0, 0)], recipient: &recipient };
    let constraints: Vec<_> =
        path.hops().unwrap().map(|hop| hop.data.payment_constraints.unwrap()).collect();
    assert_eq!(constraints[0].max_cltv_expiry, 750_010);
    assert_eq!(constraints[1], own);
}

#[test]
fn each_sum_is_refused_one_past_its_field() {
    // R-BPP-04
    let free = recipient();
    for (most, more, error) in [
        (node(0, u32::MAX, 0), node(0, 1, 0), PathError::FeeBase),
        (node(0, 0, u32::MAX), node(0, 0, 1), PathError::FeeProportional),
        (node(u16::MAX - 18, 0, 0), node(1, 0, 0), PathError::CltvDelta),
    ] {
        // The largest fees leave nothing of any amount there is, or just something.
        let fits = payinfo(&[most, node(0, 0, 0)], &free);
        assert!(matches!(fits, Ok(_) | Err(PathError::NoAmountFits)), "{fits:?}");
        assert_eq!(payinfo(&[most, more], &free), Err(error));
    }
    let most = node(u16::MAX, u32::MAX, u32::MAX);
    assert_eq!(payinfo(&[most; 8], &free), Err(PathError::CltvDelta), "beside the recipient's");

    let height = |max_cltv_expiry| Recipient {
        constraints: PaymentConstraints { max_cltv_expiry, ..free.constraints },
        ..free
    };
    let hops = |recipient: &Recipient<'_>| {
        PaymentPath { forwarding: &[node(10, 0, 0)], recipient }.hops().map(Iterator::count)
    };
    assert_eq!(hops(&height(u32::MAX - 10)), Ok(2));
    assert_eq!(hops(&height(u32::MAX - 9)), Err(PathError::CltvDelta));
}

#[test]
fn a_maximum_is_what_the_recipient_gets_of_it() {
    // R-BPP-05
    let mut nodes = [node(0, 1000, 10_000), node(0, 0, 0)];
    nodes[0].htlc_maximum = msat(102_000);
    let free = recipient();
    assert_eq!(payinfo(&nodes, &free).unwrap().htlc_maximum_msat, 100_000);
    nodes[1].htlc_maximum = msat(99_999);
    assert_eq!(payinfo(&nodes, &free).unwrap().htlc_maximum_msat, 99_999);
    let modest = Recipient { htlc_maximum: msat(60), ..free };
    assert_eq!(payinfo(&nodes, &modest).unwrap().htlc_maximum_msat, 60);
}

#[test]
fn some_amount_must_pass_every_node() {
    let free = recipient();
    let between = |minimum, maximum| {
        let mut nodes = [node(0, 0, 0), node(0, 0, 0)];
        nodes[0].htlc_minimum = msat(minimum);
        nodes[1].htlc_maximum = msat(maximum);
        payinfo(&nodes, &free).map(|payinfo| payinfo.htlc_minimum_msat)
    };
    assert_eq!(between(100, 100), Ok(100));
    assert_eq!(between(101, 100), Err(PathError::NoAmountFits));
    let none = PaymentConstraints { htlc_minimum: Msat::ZERO, ..free.constraints };
    let nothing = Recipient { constraints: none, htlc_maximum: Msat::ZERO, ..free };
    assert_eq!(payinfo(&[], &nothing), Err(PathError::NoAmountFits));
    let mut dear = node(0, 1000, 0);
    dear.htlc_maximum = msat(999);
    assert_eq!(payinfo(&[dear], &free), Err(PathError::NoAmountFits));
}

/// Numbers as decimal digits, least first, added and multiplied as at school.
mod school {
    use super::Vec;

    pub(super) fn number(mut value: u64) -> Vec<u8> {
        let mut digits = Vec::new();
        while value > 0 {
            digits.push(u8::try_from(value % 10).unwrap());
            value /= 10;
        }
        digits
    }

    fn carry(columns: &[u64]) -> Vec<u8> {
        let mut digits = Vec::new();
        let mut carried = 0;
        for column in columns.iter().copied().chain([0; 40]) {
            let sum = column + carried;
            digits.push(u8::try_from(sum % 10).unwrap());
            carried = sum / 10;
        }
        digits
    }

    pub(super) fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
        let mut columns = [0; 100];
        for digits in [a, b] {
            columns.iter_mut().zip(digits).for_each(|(column, &d)| *column += u64::from(d));
        }
        carry(&columns)
    }

    pub(super) fn multiply(a: &[u8], b: &[u8]) -> Vec<u8> {
        let mut columns = [0; 300];
        for (i, &x) in a.iter().enumerate() {
            for (j, &y) in b.iter().enumerate() {
                columns[i + j] += u64::from(x) * u64::from(y);
            }
        }
        let digits = carry(&columns);
        digits[..100].to_vec()
    }

    /// Division by a million drops six digits; rounding up adds one when they were not all zero.
    pub(super) fn millionth_rounded_up(digits: &[u8]) -> u64 {
        let (dropped, kept) = (&digits[..6], &digits[6..]);
        let floor = kept
            .iter()
            .rev()
            .fold(0_u64, |value, &digit| value.saturating_mul(10).saturating_add(digit.into()));
        floor.saturating_add(u64::from(dropped.iter().any(|&digit| digit > 0)))
    }
}

/// R-BPP-04, literally.
fn naive_fees(nodes: &[ForwardingNode]) -> Option<(u32, u32)> {
    use school::{add, millionth_rounded_up, multiply, number};
    let million = number(1_000_000);
    let (mut total_base, mut total_rate) = (0_u32, 0_u32);
    for node in nodes.iter().rev() {
        let base = number(node.relay.fee_base_msat.into());
        let rate = number(node.relay.fee_proportional_millionths.into());
        let (behind_base, behind_rate) = (number(total_base.into()), number(total_rate.into()));
        let base_sum =
            add(&multiply(&base, &million), &multiply(&behind_base, &add(&million, &rate)));
        let rate_sum =
            add(&multiply(&add(&behind_rate, &rate), &million), &multiply(&behind_rate, &rate));
        total_base = millionth_rounded_up(&base_sum).try_into().ok()?;
        total_rate = millionth_rounded_up(&rate_sum).try_into().ok()?;
    }
    Some((total_base, total_rate))
}

fn any_node() -> impl Strategy<Value = ForwardingNode> {
    (0..4000_u16, any::<u32>(), 0..32_u32, any::<u32>(), 0..32_u32)
        .prop_map(|(delta, base, less, rate, lower)| node(delta, base >> less, rate >> lower))
}

proptest! {
    #[test]
    fn fees_add_up_as_the_specification_says(nodes in prop::collection::vec(any_node(), 0..9)) {
        let generous = Recipient {
            constraints: PaymentConstraints { htlc_minimum: Msat::ZERO, ..recipient().constraints },
            ..recipient()
        };
        match payinfo(&nodes, &generous) {
            Ok(payinfo) => {
                let fees = (payinfo.fee_base_msat, payinfo.fee_proportional_millionths);
                prop_assert_eq!(Some(fees), naive_fees(&nodes));
            }
            Err(PathError::FeeBase | PathError::FeeProportional) => {
                prop_assert_eq!(naive_fees(&nodes), None);
            }
            // Eight times 4,000 blocks fit.
            Err(error) => {
                prop_assert_eq!(error, PathError::NoAmountFits);
                prop_assert!(naive_fees(&nodes).is_some());
            }
        }
    }

    #[test]
    fn a_payer_who_pays_the_sum_pays_every_node(
        nodes in prop::collection::vec((0..100_000_u32, 0..100_000_u32), 0..9),
        amount in 50..1_u64 << 40,
    ) {
        let nodes: Vec<_> = nodes.into_iter().map(|(base, rate)| node(0, base, rate)).collect();
        let payinfo = payinfo(&nodes, &recipient()).unwrap();
        let sum = PaymentRelay {
            cltv_expiry_delta: 0,
            fee_proportional_millionths: payinfo.fee_proportional_millionths,
            fee_base_msat: payinfo.fee_base_msat,
        };
        let amount = msat(amount);
        let mut left = amount.plus(sum.fee(amount).unwrap()).unwrap();
        for node in &nodes {
            left = node.relay.amount_to_forward(left).unwrap();
        }
        prop_assert!(left >= amount, "the recipient gets {left} of {amount}");
    }

    #[test]
    fn the_largest_amount_fits_the_introduction_nodes_maximum(
        nodes in prop::collection::vec((0..10_000_u32, 0..100_000_u32), 1..9),
        maximum in 1_u64 << 30..1 << 40,
    ) {
        let mut nodes: Vec<_> = nodes.into_iter().map(|(base, rate)| node(0, base, rate)).collect();
        nodes[0].htlc_maximum = msat(maximum);
        let payinfo = payinfo(&nodes, &recipient()).unwrap();
        let sent = |amount: u64| {
            let rate = u128::from(payinfo.fee_proportional_millionths);
            u128::from(amount) + u128::from(payinfo.fee_base_msat) + u128::from(amount) * rate / 1_000_000
        };
        prop_assert!(sent(payinfo.htlc_maximum_msat) <= maximum.into());
        prop_assert!(sent(payinfo.htlc_maximum_msat + 1) > maximum.into());
    }
}
