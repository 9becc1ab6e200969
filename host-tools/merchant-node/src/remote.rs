use core::time::Duration;
use std::path::PathBuf;

use countersign_client::PaymentPaths;
use countersign_link::NeedPaymentPaths;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::message::{Answer, Hash, Invoice, LINE_LIMIT, Preimage, Question};
use crate::{MerchantNode, NodeError, Payment, Payout};

/// A node in another process, asked over its Unix socket. It is connected to anew whenever it was
/// lost.
#[derive(Debug)]
pub struct Remote {
    socket: PathBuf,
    line: Mutex<Option<BufStream<UnixStream>>>,
}

impl Remote {
    /// The node that [`serve`](crate::serve)s at `socket`, now or later.
    #[must_use]
    pub fn at(socket: PathBuf) -> Self {
        Self { socket, line: Mutex::new(None) }
    }

    async fn ask(&self, question: &Question) -> Result<Answer, NodeError> {
        let mut kept = self.line.lock().await;
        // Taken: a line on which a question was left unanswered is not used again.
        let line = kept.take();
        let asked = async {
            let mut line = match line {
                Some(line) => line,
                None => BufStream::new(UnixStream::connect(&self.socket).await?),
            };
            let answer = exchange(&mut line, question).await?;
            Ok::<_, std::io::Error>((line, answer))
        };
        let unreachable = |error: &dyn core::fmt::Display| {
            NodeError::Unreachable(format!("{error}, at {}", self.socket.display()))
        };
        match timeout(PATIENCE, asked).await {
            Ok(Ok((_, Answer::Refused(reason)))) => Err(NodeError::Refused(reason)),
            Ok(Ok((line, answer))) => {
                *kept = Some(line);
                Ok(answer)
            }
            Ok(Err(error)) => Err(unreachable(&error)),
            Err(error) => Err(unreachable(&error)),
        }
    }

    async fn tell(&self, question: &Question) -> Result<(), NodeError> {
        match self.ask(question).await? {
            Answer::Done => Ok(()),
            Answer::PaymentPaths(_)
            | Answer::Payments(_)
            | Answer::Payout(_)
            | Answer::Refused(_) => Err(confused()),
        }
    }
}

async fn exchange(
    line: &mut BufStream<UnixStream>,
    question: &Question,
) -> std::io::Result<Answer> {
    let mut text = Zeroizing::new(serde_json::to_string(question)?);
    text.push('\n');
    line.write_all(text.as_bytes()).await?;
    line.flush().await?;
    let mut answer = String::new();
    line.take(LINE_LIMIT).read_line(&mut answer).await?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}

impl MerchantNode for Remote {
    async fn payment_paths(&self, need: NeedPaymentPaths) -> Result<PaymentPaths, NodeError> {
        let NeedPaymentPaths { amount_msat, payment_hash, created_at, relative_expiry } = need;
        let payment_hash = Hash(payment_hash.0);
        let question =
            Question::PaymentPaths { amount_msat, payment_hash, created_at, relative_expiry };
        match self.ask(&question).await? {
            Answer::PaymentPaths(proposal) => {
                (&proposal).try_into().map_err(|error: &str| NodeError::Refused(error.to_owned()))
            }
            Answer::Payments(_) | Answer::Payout(_) | Answer::Done | Answer::Refused(_) => {
                Err(confused())
            }
        }
    }

    async fn payments(&self) -> Result<Vec<Payment>, NodeError> {
        match self.ask(&Question::Payments).await? {
            Answer::Payments(payments) => Ok(payments),
            Answer::PaymentPaths(_) | Answer::Payout(_) | Answer::Done | Answer::Refused(_) => {
                Err(confused())
            }
        }
    }

    async fn settle(&self, payment_hash: [u8; 32], preimage: [u8; 32]) -> Result<(), NodeError> {
        let (payment_hash, preimage) = (Hash(payment_hash), Preimage(preimage));
        self.tell(&Question::Settle { payment_hash, preimage }).await
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), NodeError> {
        self.tell(&Question::Refuse { payment_hash: Hash(payment_hash) }).await
    }

    async fn recorded(&self, payment_hash: [u8; 32]) -> Result<(), NodeError> {
        self.tell(&Question::Recorded { payment_hash: Hash(payment_hash) }).await
    }

    async fn pay(&self, invoice: Vec<u8>) -> Result<(), NodeError> {
        self.tell(&Question::Pay { invoice: Invoice(invoice) }).await
    }

    async fn payout(&self, payment_hash: [u8; 32]) -> Result<Payout, NodeError> {
        match self.ask(&Question::Payout { payment_hash: Hash(payment_hash) }).await? {
            Answer::Payout(payout) => Ok(payout),
            Answer::PaymentPaths(_) | Answer::Payments(_) | Answer::Done | Answer::Refused(_) => {
                Err(confused())
            }
        }
    }
}

fn confused() -> NodeError {
    NodeError::Refused("it answered something else than it was asked".to_owned())
}

/// The device waits two seconds for payment paths.
const PATIENCE: Duration = Duration::from_millis(1_500);
