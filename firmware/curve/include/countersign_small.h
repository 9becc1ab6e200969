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

/* Products of scalars are written out as well, product by product of two words: 5 KB on a
 * Cortex-M0+. The loops in ../src/scalar.rs are 0.3. */
void countersign_scalar_product(uint32_t *l, const void *a, const void *b);
void countersign_scalar_remainder(void *r, const uint32_t *l);

/* The calls go on with `l` and `r`, and the definitions with types. */
#define rustsecp256k1_v0_11_scalar_mul_512(l, a, b) COUNTERSIGN_PRODUCT_##l, a, b)
#define COUNTERSIGN_PRODUCT_l countersign_scalar_product(l
#define COUNTERSIGN_PRODUCT_uint32_t scalar_mul_512_left_out(uint32_t
#define rustsecp256k1_v0_11_scalar_reduce_512(r, l) COUNTERSIGN_REMAINDER_##r, l)
#define COUNTERSIGN_REMAINDER_r countersign_scalar_remainder(r
#define COUNTERSIGN_REMAINDER_rustsecp256k1_v0_11_scalar \
    scalar_reduce_512_left_out(rustsecp256k1_v0_11_scalar

/* With this it leaves multiplication in the field to somebody else: ../src/field.rs. */
#ifdef USE_EXTERNAL_ASM
#define rustsecp256k1_v0_11_fe_mul_inner countersign_field_product
#define rustsecp256k1_v0_11_fe_sqr_inner countersign_field_square
#endif

/* Whoever calls it wrongly gets a panic that quotes the condition: 1 KB of text, and a board's
 * panic says nothing. The panic stays. The definition has no parameter `text` then and finds this. */
static const char text[] = "";

#define rustsecp256k1_v0_11_callback_call(callback, text) countersign_callback_call(callback)
