/* Every C file of an image begins with this one, by the flags in ../../.cargo/config.toml.
 *
 * It leaves out of libsecp256k1 what an image has already or nobody reads, which no flag does. A
 * name of the library's is a macro here and means something else where it is defined and where it
 * is called. A version of the library that goes on otherwise behind a name does not compile. One
 * whose names begin otherwise is as large as it was, and the budgets notice.
 *
 * Cargo does not build the library again when only this file has changed: `cargo clean` does. */

#include <stdint.h>

/* It hashes with rounds that are written out, which is 7 KB however small they are built. The
 * function in ../src/sha256.rs is called in their place. The library can be told so from its
 * version 0.8 on, and has its own all the same. */
void countersign_sha256_block(uint32_t *state, const unsigned char *block);

/* The one call goes on with `hash` and the definition with `uint32_t`. */
#define rustsecp256k1_v0_11_sha256_transform(state, block) COUNTERSIGN_##state, block)
#define COUNTERSIGN_hash countersign_sha256_block(hash
#define COUNTERSIGN_uint32_t sha256_transform_left_out(uint32_t

/* Whoever calls it wrongly gets a panic that quotes the condition: 1 KB of text, and a board's
 * panic says nothing. The panic stays. The definition has no parameter `text` then and finds this. */
static const char text[] = "";

#define rustsecp256k1_v0_11_callback_call(callback, text) countersign_callback_call(callback)
