//! A device serves the network that it was provisioned for, and no other.

use countersign_end_to_end::{Ldk, Opening, Shop, verified};

#[test]
fn offers_of_every_network_are_served_on_theirs_and_refused_elsewhere() {
    for (network, other) in [("regtest", "signet"), ("signet", "bitcoin"), ("bitcoin", "regtest")] {
        let terms = ["--description", "a coffee", "--amount", "1000msat"];
        let (shop, offer) = Shop::open(&terms, Opening { network, ..Opening::default() });
        for ldk in Ldk::ALL {
            let _ = verified(&shop.ask(ldk, &offer, &["--network", network]));
            let refused = shop.ask(ldk, &offer, &["--network", other]);
            assert_eq!(refused[0]["verified"], false, "{refused:?}");
            assert_eq!(refused[0]["reason"], "UnsupportedChain", "{refused:?}");
        }
    }
}
