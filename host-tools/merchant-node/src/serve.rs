use std::io;
use std::sync::Arc;

use countersign_client::PaymentPaths;
use countersign_link::{Bytes, NeedPaymentPaths};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{UnixListener, UnixStream};
use zeroize::Zeroizing;

use crate::message::{Answer, Hash, Invoice, LINE_LIMIT, Preimage, Question};
use crate::{MerchantNode, NodeError, Proposal};

/// Lets `node` be asked by whoever may open the socket, until it is dropped.
///
/// Who may is the file system's business: put the socket into a folder of the merchant's.
pub async fn serve<N: MerchantNode>(listener: UnixListener, node: Arc<N>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let node = node.clone();
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &*node).await {
                        tracing::warn!(%error, "a bridge was cut off");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "a bridge could not connect"),
        }
    }
}

async fn converse<N: MerchantNode>(stream: UnixStream, node: &N) -> io::Result<()> {
    let mut line = BufStream::new(stream);
    loop {
        let mut text = Zeroizing::new(String::new());
        (&mut line).take(LINE_LIMIT).read_line(&mut text).await?;
        if text.is_empty() {
            return Ok(());
        }
        let question = serde_json::from_str(&text)?;
        let answer = answer(node, question).await.unwrap_or_else(|error| {
            Answer::Refused(match error {
                NodeError::Refused(reason) | NodeError::Unreachable(reason) => reason,
            })
        });
        let mut text = serde_json::to_string(&answer)?;
        text.push('\n');
        line.write_all(text.as_bytes()).await?;
        line.flush().await?;
    }
}

async fn answer<N: MerchantNode>(node: &N, question: Question) -> Result<Answer, NodeError> {
    match question {
        Question::PaymentPaths { amount_msat, payment_hash, created_at, relative_expiry } => {
            let payment_hash = Bytes(payment_hash.0);
            let need = NeedPaymentPaths { amount_msat, payment_hash, created_at, relative_expiry };
            let paths: PaymentPaths = node.payment_paths(need).await?;
            Proposal::try_from(&paths)
                .map(Answer::PaymentPaths)
                .map_err(|error| NodeError::Refused(error.to_owned()))
        }
        Question::Payments => node.payments().await.map(Answer::Payments),
        Question::Settle { payment_hash: Hash(hash), preimage: Preimage(preimage) } => {
            node.settle(hash, preimage).await.map(|()| Answer::Done)
        }
        Question::Refuse { payment_hash } => {
            node.refuse(payment_hash.0).await.map(|()| Answer::Done)
        }
        Question::Recorded { payment_hash } => {
            node.recorded(payment_hash.0).await.map(|()| Answer::Done)
        }
        Question::Pay { invoice: Invoice(invoice) } => {
            node.pay(invoice).await.map(|()| Answer::Done)
        }
        Question::Payout { payment_hash: Hash(hash) } => {
            node.payout(hash).await.map(Answer::Payout)
        }
    }
}
