use zeroize::Zeroize as _;

use crate::Secret;
use crate::hash::{BLOCK_LEN, State, continued};

/// What a key is for that is derived from a secret: the key-types of BOLT 4 §Key Generation, and
/// the label of its §Route Blinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `rho`: the key of a stream or of an encryption.
    Rho,
    /// `mu`: the key of a packet's MAC.
    Mu,
    /// `pad`: the key of the stream that fills a packet.
    Pad,
    /// `blinded_node_id`: what blinds a node's key.
    BlindedNodeId,
}

impl KeyType {
    /// The key of this type that `secret` yields: `HMAC-SHA256(label, secret)`.
    ///
    /// This takes two compressions: the blocks that hold the label are the same every time.
    #[must_use]
    pub fn derive(self, secret: &[u8; 32]) -> Secret<32> {
        let Pads { inner, outer } = self.pads();
        let mut block = [0; BLOCK_LEN];
        let mut hash = continued(inner, &[secret], &mut block);
        let key = Secret::new(continued(outer, &[&hash], &mut block));
        hash.zeroize();
        block.zeroize();
        key
    }

    const fn pads(self) -> Pads {
        match self {
            Self::Rho => RHO,
            Self::Mu => MU,
            Self::Pad => PAD,
            Self::BlindedNodeId => BLINDED_NODE_ID,
        }
    }
}

/// SHA-256's state behind the first block of HMAC's inner and outer hash, which holds the label.
#[derive(Clone, Copy)]
struct Pads {
    inner: State,
    outer: State,
}

const RHO: Pads = Pads {
    inner: [
        0x2fe6_5f85,
        0x4297_681c,
        0x574b_8517,
        0x752a_c441,
        0x158c_054b,
        0xa89c_7cd7,
        0xfc07_5f1c,
        0x3f0a_593f,
    ],
    outer: [
        0x1676_cb2a,
        0xe1b0_5874,
        0x2f7b_7faa,
        0x8f4d_bc18,
        0x5225_b4e2,
        0x0aa7_dd41,
        0x74cf_700d,
        0x0124_2df3,
    ],
};

const MU: Pads = Pads {
    inner: [
        0x2f7e_f187,
        0x1f5f_3b6f,
        0x7a20_9de6,
        0x4ed2_7262,
        0x462e_68cd,
        0x5be2_a61b,
        0xb662_f57c,
        0xc14a_aefe,
    ],
    outer: [
        0x6a9a_3789,
        0x17ba_0938,
        0xa5c4_dd41,
        0x0267_2102,
        0x8b16_27c2,
        0xe89f_43cb,
        0xaf79_af51,
        0x89b9_9ff5,
    ],
};

const PAD: Pads = Pads {
    inner: [
        0x03e3_bb0f,
        0x228f_3304,
        0x27cc_988e,
        0x8ebd_0e03,
        0xf4e0_5869,
        0x18a0_6ec8,
        0x2e34_e591,
        0xfc5d_30dd,
    ],
    outer: [
        0xb640_7514,
        0xe9e3_304c,
        0x311e_a8c4,
        0xd23c_625d,
        0x0f62_c4b6,
        0x3b58_856d,
        0xbb7b_5518,
        0xe9fe_951b,
    ],
};

const BLINDED_NODE_ID: Pads = Pads {
    inner: [
        0xbc89_244d,
        0x9a02_697b,
        0x5d86_3c27,
        0xd05e_ea6c,
        0xa86b_aa63,
        0x8e9c_ad10,
        0x6799_d549,
        0x703b_ad2b,
    ],
    outer: [
        0xa671_412c,
        0xd7dc_fe67,
        0xee58_f30b,
        0x394d_6961,
        0x2b4d_2e23,
        0xb649_1dda,
        0x6b5a_a09b,
        0x87d2_50fd,
    ],
};

#[cfg(test)]
mod tests {
    use super::KeyType;
    use crate::hmac_sha256;

    #[test]
    fn every_key_is_the_mac_of_the_secret_under_its_label() {
        let labels: [(KeyType, &[u8]); 4] = [
            (KeyType::Rho, b"rho"),
            (KeyType::Mu, b"mu"),
            (KeyType::Pad, b"pad"),
            (KeyType::BlindedNodeId, b"blinded_node_id"),
        ];
        for (key_type, label) in labels {
            for secret in [[0; 32], [0xff; 32], [0x5a; 32]] {
                let expected = hmac_sha256(label, &[&secret]);
                assert_eq!(key_type.derive(&secret).expose_secret(), &expected, "{key_type:?}");
            }
        }
    }
}
