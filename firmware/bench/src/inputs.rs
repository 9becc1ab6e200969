use core::ffi::CStr;
use core::mem::MaybeUninit;

use countersign_bench_steps::INPUTS_BYTES;
use semihosting::fs::File;
use semihosting::io::Read as _;
use semihosting::sys::arm_compat::sys_get_cmdline_uninit;
use semihosting::{eprintln, process};

/// What begins the file's path on the emulator's command line.
const ARGUMENT: &[u8] = b"inputs=";

/// Bytes of a path, and of what QEMU writes before it.
const COMMAND_LINE: usize = 512;

/// Reads the file of the host's that the command line names, and has it parsed. Without inputs,
/// switches the board off.
pub fn read<'s, T>(
    space: &'s mut [u8; INPUTS_BYTES],
    parse: impl FnOnce(&'s [u8]) -> Option<T>,
) -> T {
    find(space).and_then(parse).unwrap_or_else(|| {
        eprintln!("no inputs: `cargo xtask bench --device` and `work` run images with some");
        process::exit(1)
    })
}

fn find(space: &mut [u8; INPUTS_BYTES]) -> Option<&[u8]> {
    let mut buffer = [MaybeUninit::uninit(); COMMAND_LINE];
    let mut rest: &[u8] = sys_get_cmdline_uninit(&mut buffer).ok()?;
    let argument = loop {
        if let Some(argument) = rest.strip_prefix(ARGUMENT) {
            break argument;
        }
        (_, rest) = rest.split_first()?;
    };
    let mut path = [0; COMMAND_LINE];
    path.iter_mut().zip(argument).for_each(|(place, &byte)| *place = byte);
    let mut file = File::open(CStr::from_bytes_until_nul(&path).ok()?).ok()?;
    let mut length = 0_usize;
    loop {
        match file.read(space.get_mut(length..)?).ok()? {
            0 => return space.get(..length),
            read => length = length.checked_add(read)?,
        }
    }
}
