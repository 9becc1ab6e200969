use sha2::block_api::compress256;

/// Takes a block into a hash in progress. `include/countersign_small.h` has libsecp256k1 call it,
/// with two members of one `struct`, which nothing else uses meanwhile.
#[expect(unsafe_code, reason = "a name that C calls")]
#[unsafe(no_mangle)]
extern "C" fn countersign_sha256_block(state: &mut [u32; 8], block: &[u8; 64]) {
    compress256(state, core::slice::from_ref(block));
}
