use core::pin::pin;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use countersign_ldk_peer_interface::{
    Answer, Arguments, MerchantArguments, NodeArguments, PayerArguments, Payment, RefundArguments,
    RelayArguments, Verb, WithdrawArguments,
};
use lightning::offers::invoice::Bolt12Invoice;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use super::{AttachedNode, Merchant, Payback, Payer, Relay, Withdrawal};
use crate::release::VERSION;

/// The command: reads its arguments, does what they say and tells how it went.
///
/// Exit code 0: everything asked for was done. 1: an invoice was not verified or not paid, or something
/// failed and standard error says what. 2: wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(EnvFilter::from_default_env())
        .init();
    let arguments = Arguments::parse();
    let outcome = Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(run(&arguments.verb));
        // LDK's connections never end by themselves.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Relay(arguments) => relay(arguments).await,
        Verb::Payer(arguments) => payer(arguments).await,
        Verb::Merchant(arguments) => merchant(arguments).await,
        Verb::Refund(arguments) => refund(arguments).await,
        Verb::Withdraw(arguments) => withdrawal(arguments).await,
        Verb::Node(arguments) => attached_node(arguments).await,
    }
}

async fn relay(arguments: &RelayArguments) -> anyhow::Result<ExitCode> {
    let relay = Relay::start(arguments).await?;
    print(&json!({
        "ldk": VERSION,
        "listening": relay.address.to_string(),
        "node_id": relay.node_id.to_string(),
    }))?;
    standard_input_closes().await?;
    Ok(ExitCode::SUCCESS)
}

async fn merchant(arguments: &MerchantArguments) -> anyhow::Result<ExitCode> {
    let merchant = Merchant::start(arguments).await?;
    print(&json!({ "ldk": VERSION, "offer": merchant.offer.to_string() }))?;
    standard_input_closes().await?;
    Ok(ExitCode::SUCCESS)
}

async fn refund(arguments: &RefundArguments) -> anyhow::Result<ExitCode> {
    let mut payback = Payback::start(arguments).await?;
    print(&json!({ "ldk": VERSION, "refund": payback.refund.to_string() }))?;
    let invoice = payback.invoice().await?;
    print(&summary(&invoice))?;
    if !arguments.pay {
        return Ok(ExitCode::SUCCESS);
    }
    let payment = payback.pay(&invoice).await;
    print(&payment.to_json())?;
    Ok(match payment {
        Payment::Sent { .. } => ExitCode::SUCCESS,
        Payment::Failed { .. } => ExitCode::FAILURE,
    })
}

async fn withdrawal(arguments: &WithdrawArguments) -> anyhow::Result<ExitCode> {
    let mut withdrawal = Withdrawal::start(arguments).await?;
    print(&summary(&withdrawal.invoice))?;
    let mut closed = pin!(standard_input_closes());
    tokio::select! {
        end = &mut closed => return end.map(|()| ExitCode::SUCCESS),
        received = withdrawal.receive() => print(&json!({ "received_msat": received? }))?,
    }
    closed.await?;
    Ok(ExitCode::SUCCESS)
}

fn summary(invoice: &Bolt12Invoice) -> Value {
    json!({
        "ldk": VERSION,
        "amount_msat": invoice.amount_msats(),
        "payment_hash": invoice.payment_hash().to_string(),
        "signing_key": invoice.signing_pubkey().to_string(),
    })
}

async fn attached_node(arguments: &NodeArguments) -> anyhow::Result<ExitCode> {
    let node = AttachedNode::start(arguments).await?;
    print(&json!({
        "ldk": VERSION,
        "node_id": node.node_id.to_string(),
        "receive_auth_key": hex::encode(node.receive_auth_key),
    }))?;
    standard_input_closes().await?;
    Ok(ExitCode::SUCCESS)
}

async fn payer(arguments: &PayerArguments) -> anyhow::Result<ExitCode> {
    let mut payer = Payer::start(arguments).await?;
    let mut code = ExitCode::SUCCESS;
    for _ in 0..arguments.count.get() {
        for answer in payer.ask().await? {
            let failed = match &answer {
                Answer::Failed(_) => true,
                Answer::Verified(invoice) => {
                    matches!(invoice.payment, Some(Payment::Failed { .. }))
                }
            };
            if failed {
                code = ExitCode::FAILURE;
            }
            if arguments.json {
                print(&answer.to_json())?;
            } else {
                writeln!(io::stdout(), "{answer}")?;
            }
        }
    }
    Ok(code)
}

/// Prints one JSON object on a line of its own, at once: somebody waits for it.
fn print(value: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}

/// Returns when whoever started this process closes its end, by intent or by dying.
async fn standard_input_closes() -> anyhow::Result<()> {
    let (closed, wait) = oneshot::channel();
    std::thread::spawn(move || {
        let end = io::copy(&mut io::stdin().lock(), &mut io::sink());
        closed.send(end)
    });
    wait.await??;
    Ok(())
}
