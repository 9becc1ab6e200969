//! The command `ldk-peer-0-3`.

use std::process::ExitCode;

fn main() -> ExitCode {
    countersign_ldk_peer_0_3::main()
}
