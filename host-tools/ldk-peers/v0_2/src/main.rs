//! The command `ldk-peer-0-2`.

use std::process::ExitCode;

fn main() -> ExitCode {
    countersign_ldk_peer_0_2::main()
}
