/* Every C file of an image begins with this one, by the flags in ../../.cargo/config.toml.
 *
 * libsecp256k1 hashes with rounds that are written out, which is 7 KB however small they are built.
 * They are left out, and the function in ../src/sha256.rs is called in their place.
 *
 * The library cannot be told so before its version 0.8. That is why the name of its function is a
 * macro here: behind the name, the one call goes on with `hash` and the definition with `uint32_t`.
 * A version that goes on otherwise does not compile. One whose names begin otherwise hashes with its
 * own code again, and the budgets notice.
 *
 * Cargo does not build the library again when only this file has changed: `cargo clean` does. */

#include <stdint.h>

void countersign_sha256_block(uint32_t *state, const unsigned char *block);

#define rustsecp256k1_v0_11_sha256_transform(state, block) COUNTERSIGN_##state, block)
#define COUNTERSIGN_hash countersign_sha256_block(hash
#define COUNTERSIGN_uint32_t sha256_transform_left_out(uint32_t
