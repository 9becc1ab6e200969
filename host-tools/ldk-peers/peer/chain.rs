use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash as _;
use bitcoin::{
    Amount, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Txid,
    Witness, consensus, transaction,
};
use lightning::chain::Confirm;
use lightning::chain::chaininterface::{ConfirmationTarget, FeeEstimator};
use lightning::util::errors::APIError;

use super::node::random_bytes;

/// A chain that is a file: a transaction on each line, mined as soon as it is there.
///
/// Each line is a block and six empty ones upon it. All nodes that read the file see the same
/// blocks, in this run and in the next, and nobody has to mine. Without a file there is no block
/// but the first, and no channel.
#[derive(Debug)]
pub struct Chain {
    network: Network,
    file: Option<PathBuf>,
    /// The height of the last block that was told.
    told: Mutex<u32>,
}

/// A block of [`Chain`].
struct Block {
    header: Header,
    height: u32,
    transaction: Option<Transaction>,
}

impl Chain {
    /// The chain in `file`.
    #[must_use]
    pub fn new(network: Network, file: Option<PathBuf>) -> Self {
        Self { network, file, told: Mutex::new(0) }
    }

    /// Takes for granted that the blocks up to `height` are known.
    pub(super) fn skip(&self, height: u32) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = height;
    }

    /// Tells `listeners` of every block that they were not told of yet.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn tell_new(&self, listeners: &[&dyn Confirm]) -> io::Result<()> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for block in self.blocks()? {
            if block.height <= *told {
                continue;
            }
            *told = block.height;
            for listener in listeners {
                if let Some(transaction) = &block.transaction {
                    let confirmed = [(FIRST_PLACE, transaction)];
                    listener.transactions_confirmed(&block.header, &confirmed, block.height);
                }
                listener.best_block_updated(&block.header, block.height);
            }
        }
        Ok(())
    }

    /// Puts a transaction onto the chain, unless it spends what is spent already.
    pub(crate) fn mine(&self, transaction: &Transaction) {
        if let Err(error) = self.append(transaction) {
            tracing::warn!(%error, "a transaction was not mined");
        }
    }

    fn append(&self, transaction: &Transaction) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let spends = |other: &Transaction| {
            other.input.iter().any(|other| {
                transaction.input.iter().any(|own| own.previous_output == other.previous_output)
            })
        };
        if self.transactions()?.iter().any(spends) {
            return Ok(());
        }
        let line = format!("{}\n", consensus::encode::serialize_hex(transaction));
        // One write to the end: other nodes write too, and none may see half a line.
        OpenOptions::new().append(true).create(true).open(file)?.write_all(line.as_bytes())
    }

    fn transactions(&self) -> io::Result<Vec<Transaction>> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let read = |line| consensus::encode::deserialize_hex(line).map_err(io::Error::other);
        text.lines().map(read).collect()
    }

    fn blocks(&self) -> io::Result<Vec<Block>> {
        let first = genesis_block(self.network).header;
        let (mut previous, mut height, mut time) = (first.block_hash(), 0_u32, first.time);
        let mut blocks = Vec::new();
        for transaction in self.transactions()? {
            let mut transaction = Some(transaction);
            for _ in 0..=EMPTY_BLOCKS {
                let root =
                    transaction.as_ref().map_or_else(Txid::all_zeros, Transaction::compute_txid);
                (height, time) = (height.saturating_add(1), time.saturating_add(1));
                let header = Header {
                    version: Version::TWO,
                    prev_blockhash: previous,
                    merkle_root: TxMerkleNode::from_raw_hash(root.to_raw_hash()),
                    time,
                    bits: first.bits,
                    nonce: 0,
                };
                previous = header.block_hash();
                blocks.push(Block { header, height, transaction: transaction.take() });
            }
        }
        Ok(blocks)
    }
}

impl FeeEstimator for Chain {
    fn get_est_sat_per_1000_weight(&self, _target: ConfirmationTarget) -> u32 {
        LOWEST_FEE
    }
}

/// A transaction that pays a channel's funding output out of money that this chain lets everybody
/// have.
///
/// # Errors
/// The system has no random bytes.
pub fn funding(script: ScriptBuf, satoshi: u64) -> Result<Transaction, APIError> {
    let coin =
        random_bytes().map_err(|error| APIError::APIMisuseError { err: error.to_string() })?;
    let coin = Txid::from_byte_array(coin);
    Ok(Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::new(coin, 0),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[[1_u8]]),
        }],
        output: vec![TxOut { value: Amount::from_sat(satoshi), script_pubkey: script }],
    })
}

/// What confirms a channel, by LDK's `minimum_depth`.
const EMPTY_BLOCKS: u32 = 6;
/// There is no coinbase.
const FIRST_PLACE: usize = 0;
/// The relay floor of 1 satoshi per virtual byte, in satoshi per 1,000 weight units.
const LOWEST_FEE: u32 = 253;
