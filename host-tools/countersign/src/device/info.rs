use countersign_client::Hello;
use countersign_link::{Network, ResetReason, SeedAtRest, State, Status};
use countersign_policy::Rule;
use serde_json::json;

use crate::connection::Connection;
use crate::page::{Page, moment};

pub(crate) fn run(connection: &mut Connection) -> anyhow::Result<Page> {
    let status = connection.wait(async |client| client.status().await)?;
    let info = match connection.wait(async |client| client.info().await) {
        Ok(info) => info,
        Err(error) if status.state == State::Faulty => {
            return Ok(faulty(connection.client().hello(), &status, &error));
        }
        Err(error) => return Err(error),
    };
    let hello = connection.client().hello().clone();
    let Hello { firmware: _, commit, board, state, network, node, longest: _, chunk: _ } = &hello;
    let (state, advice) = state_name(*state);
    let network = network.map(network_name);
    let node = node.map(|node| hex::encode(node.0));
    let (reset, explanation) = reset_name(status.reset);
    let (seed, warning) = seed_name(info.seed);
    let alarm = status.alarm.map(rule_name);
    let version = hello.version();
    let json = json!({
        "board": board, "firmware": version, "commit": hex::encode(commit), "state": state,
        "network": network, "node_id": node, "time": info.now, "uptime": info.uptime,
        "epoch": info.epoch, "revoked": info.revoked, "signed": info.signed,
        "released": info.released, "log": info.log, "stack": info.stack,
        "last_reset": reset, "seed_storage": seed, "alarm": alarm,
    });
    let page = Page::new(json)
        .field("board", board)
        .field("firmware", format!("{version} ({})", commit_name(commit)))
        .field("state", format!("{state}{advice}"))
        .field("network", network.unwrap_or("none"))
        .field("node id", node.as_deref().unwrap_or("none"))
        .field("time", info.now.map_or_else(|| "not told yet".to_owned(), moment))
        .field(
            "switched on for",
            humantime::format_duration(core::time::Duration::from_secs(info.uptime)),
        )
        .field("last reset", format!("{reset}{explanation}"))
        .field("seed in flash", format!("{seed}{warning}"))
        .field("epoch", info.epoch)
        .field("offers revoked", info.revoked)
        .field("invoices signed", info.signed)
        .field("preimages given", info.released);
    Ok(match alarm {
        Some(alarm) => page.field("ALARM", format!("the window of rule {alarm} is full")),
        None => page,
    })
}

/// What a device was built from.
fn commit_name(commit: &[u8; 20]) -> String {
    match commit.split_last_chunk() {
        _ if commit == &[0; 20] => "of an unknown commit".to_owned(),
        Some((kept, [0, 0, 0, 0])) => format!("commit {} with changes", hex::encode(kept)),
        _ => format!("commit {}", hex::encode(commit)),
    }
}

/// What is known of a device that is out of order.
fn faulty(hello: &Hello, status: &Status, error: &anyhow::Error) -> Page {
    let (state, advice) = state_name(State::Faulty);
    let (reset, explanation) = reset_name(status.reset);
    let (board, version, cause) = (&hello.board, hello.version(), format!("{error:#}"));
    let json = json!({
        "board": board, "firmware": version, "commit": hex::encode(hello.commit), "state": state,
        "cause": cause, "last_reset": reset,
    });
    Page::new(json)
        .field("board", board)
        .field("firmware", format!("{version} ({})", commit_name(&hello.commit)))
        .field("state", format!("{state}{advice}"))
        .field("cause", cause)
        .field("last reset", format!("{reset}{explanation}"))
}

/// A state's name, and what to do about it.
const fn state_name(state: State) -> (&'static str, &'static str) {
    match state {
        State::Unprovisioned => {
            ("unprovisioned", ": run `countersign device provision --network …`")
        }
        State::Ready => ("ready", ""),
        State::WipeNeeded => (
            "wipe-needed",
            ": its storage cannot be read. Run `countersign device wipe`, then provision it from \
             its words and import its export",
        ),
        State::Faulty => ("faulty", ": a self-test failed. Do not use it"),
        State::NewerStorage => (
            "storage-newer",
            ": newer firmware wrote its storage. Install that firmware again; or run \
             `countersign device wipe`, then provision it from its words",
        ),
        State::ForeignStorage => (
            "storage-foreign",
            ": another board wrote its storage. Install the image that belongs to this board; or run \
             `countersign device wipe`, then provision it from its words",
        ),
    }
}

/// A network's name on the command line.
pub(crate) const fn network_name(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "bitcoin",
        Network::Testnet => "testnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
    }
}

/// Why the device started, and what that means.
const fn reset_name(reset: ResetReason) -> (&'static str, &'static str) {
    match reset {
        ResetReason::PowerOn => ("power-on", ""),
        ResetReason::Requested => ("requested", ""),
        ResetReason::Watchdog => (
            "watchdog",
            ": it made no progress, and was started again. What it had stored holds; please report it",
        ),
        ResetReason::Fault => (
            "fault",
            ": its program failed, and was started again. What it had stored holds; please report it",
        ),
    }
}

/// How the seed is kept, and what that means.
const fn seed_name(seed: SeedAtRest) -> (&'static str, &'static str) {
    match seed {
        SeedAtRest::Plain => (
            "plain",
            ": this board has no secret of its own to encrypt it with. Whoever holds the board can \
             read it",
        ),
        SeedAtRest::Sealed => ("sealed", " under a key from the board's own secret"),
    }
}

fn rule_name(number: u8) -> String {
    Rule::from_number(number).map_or_else(|| number.to_string(), |rule| rule.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::commit_name;

    #[test]
    fn a_commit_is_known_or_not_or_what_was_changed_since() {
        let mut commit = [0xab; 20];
        assert_eq!(commit_name(&commit), format!("commit {}", "ab".repeat(20)));
        commit[16..].fill(0);
        assert_eq!(commit_name(&commit), format!("commit {} with changes", "ab".repeat(16)));
        assert_eq!(commit_name(&[0; 20]), "of an unknown commit");
    }
}
