/* Kernels on float32. All matrices are row-major; a `d` prefix names a gradient, and gradients of parameters accumulate.
 * Every kernel splits its work over the pool's threads in chunks whose results do not depend on which thread ran them. */
#ifndef CALM_NUMERICS_H
#define CALM_NUMERICS_H

#include <stddef.h>
#include <stdint.h>

/* pool.c — one fork-join pool per process. A call made inside a parallel region runs serially. */
void calm_set_threads(int threads);
int calm_threads(void);
void calm_parallel(int tasks, void (*body)(void *context, int task), void *context);

/* How a matrix product rounds its operands; sums are float32 (int8: int32). bf16 rounds both sides to nearest even; int8
 * scales each row of the left and each column of the right side to 127 (no gradients are computed with it). */
typedef enum { CALM_FP32, CALM_BF16, CALM_INT8 } calm_precision;

/* matmul.c — C[m,n] = op(A) * B by own kernels, each thread with rows (or columns) of its own: an element's bits depend on
 * neither. Where the processor lacks AVX-512's instructions for a precision, operands are rounded and multiplied in float32,
 * with AVX-512 or AVX2; below AVX2, by OpenBLAS. */
typedef struct calm_packed calm_packed; /* a right-hand matrix in the order its kernel reads */
/* b is [k,n], or [n,k] where transposed (int8 takes that only). NULL: no memory. */
calm_packed *calm_pack(calm_precision p, const float *b, int ldb, int transposed, int n, int k);
void calm_packed_free(calm_packed *packed);
size_t calm_packed_bytes(const calm_packed *packed);

/* What is done to C while it is in the cache; pointers may be NULL and are [m,n] with C's leading dimension. */
typedef struct {
  const float *bias;    /* [n] is added */
  float *gelu;          /* receives gelu(C) */
  const float *gelu_of; /* C is multiplied by gelu'(gelu_of) */
  int accumulate;       /* C += instead of C = */
} calm_epilogue;
void calm_matmul(float *c, int ldc, const float *a, int lda, int transpose_a, const calm_packed *b, int m,
                 const calm_epilogue *epilogue);
/* The same with a right-hand matrix that is used once. */
void calm_matmul_once(calm_precision p, float *c, int ldc, const float *a, int lda, int transpose_a, const float *b, int ldb,
                      int transpose_b, int m, int n, int k, const calm_epilogue *epilogue);

/* engine.c — the own kernels that this thread's products use: all that the processor has, AVX2's alone, or none, so that
 * OpenBLAS multiplies. For comparison; what the processor lacks is not used either way. */
typedef enum { CALM_BEST, CALM_AVX2, CALM_PORTABLE } calm_engine;
void calm_use_engine(calm_engine engine);
const char *calm_kernel_name(calm_precision p); /* the instructions; NULL for OpenBLAS */

/* gemm.c — C[m,n] = alpha * op(A) * op(B) + beta * C in float32. */
void calm_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc);
void calm_blas_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                    const float *b, int ldb, float beta, float *c, int ldc);
const char *calm_blas_kernel(void);

/* linear.c — y[rows,out] = x[rows,in] * w[out,in]^T + bias[out] (bias may be NULL); gelu(y) too where wanted. */
void calm_linear_forward(calm_precision p, float *y, float *gelu, const float *x, const float *w, const float *bias,
                         int rows, int in, int out);
/* dx is overwritten (NULL: not wanted) and multiplied by gelu'(gelu_of) where x was gelu(gelu_of); dw and dbias accumulate. */
void calm_linear_backward(calm_precision p, float *dx, float *dw, float *dbias, const float *dy, const float *x,
                          const float *w, const float *gelu_of, int rows, int in, int out);

/* activation.c */
void calm_gelu_forward(float *y, const float *x, size_t count);
void calm_gelu_backward(float *dy, const float *x, size_t count); /* dy *= gelu'(x) */
void calm_tanh_forward(float *y, const float *x, size_t count);
void calm_tanh_backward(float *dy, const float *y, size_t count); /* dy *= 1 - y^2 */
/* On the calling thread: [rows, columns] with the leading dimension ld, and one row. */
void calm_gelu_block(float *y, const float *x, size_t ld, int rows, int columns);
void calm_dgelu_block(float *dy, const float *x, size_t ld, int rows, int columns);
void calm_add_row(float *y, const float *x, int count);

/* elementwise.c — inverted dropout; the mask is a function of (key, index), so the backward pass draws it again. */
void calm_dropout(float *x, size_t count, float p, uint64_t key);
void calm_add(float *y, const float *x, size_t count);              /* y += x */
void calm_scale(float *y, float factor, size_t count);              /* y *= factor */
double calm_sum_of_squares(const float *x, size_t count);           /* float64, fixed order */
void calm_clear(float *y, size_t count);
int calm_all_finite(const float *x, size_t count);

/* layernorm.c — rows of `width`; mean and rstd [rows] are kept for the backward pass. */
void calm_layernorm_forward(float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias,
                            int rows, int width, float epsilon);
/* dx is overwritten; dweight and dbias accumulate. */
void calm_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                             const float *mean, const float *rstd, const float *weight, int rows, int width);
/* sum = dropout(sum) + residual, then the norm of it: the end of each half of an encoder layer. */
void calm_residual_layernorm_forward(float *y, float *sum, float *mean, float *rstd, const float *residual,
                                     const float *weight, const float *bias, int rows, int width, float epsilon,
                                     float dropout, uint64_t key);
/* dx is the residual's gradient, dbranch = dropout(dx) the branch's. */
void calm_residual_layernorm_backward(float *dx, float *dbranch, float *dweight, float *dbias, const float *dy,
                                      const float *x, const float *mean, const float *rstd, const float *weight, int rows,
                                      int width, float dropout, uint64_t key);

/* attention.c — packed sequences: sequence s asks with rows queries[s] ..< queries[s+1] of q and is asked in rows keys[s] ..<
 * keys[s+1] of k and v. Rows are `hidden` wide and stand query_stride and key_stride apart; out's stand `hidden` apart.
 * `lse` [queries, heads] keeps log-sum-exp of each row of scores, from which the backward pass recomputes probabilities. */
typedef struct {
  const int32_t *queries, *keys;
  int sequences, heads, hidden, query_stride, key_stride;
  float dropout;
  uint64_t key;
} calm_attention;
void calm_attention_forward(calm_precision p, float *out, float *lse, const float *q, const float *k, const float *v,
                            const calm_attention *shape);
/* dq, dk, dv are overwritten and stand as q, k, v do; `out` and `lse` are the forward pass's. */
void calm_attention_backward(calm_precision p, float *dq, float *dk, float *dv, const float *dout, const float *out,
                             const float *lse, const float *q, const float *k, const float *v,
                             const calm_attention *shape);

/* embedding.c — y[row] = (or +=) table[ids[row]]; the backward pass adds dy rows to dtable in row order. */
void calm_embedding_forward(float *y, const float *table, const int32_t *ids, int rows, int width, int accumulate);
void calm_embedding_backward(float *dtable, const float *dy, const int32_t *ids, int rows, int width);

/* adamw.c — decoupled weight decay (Loshchilov & Hutter 2019), arithmetic in the order of PyTorch's AdamW.
 * `gradient_scale` multiplies the gradient first (clipping, accumulation). */
typedef struct {
  float gradient_scale, rate, beta1, beta2, epsilon, weight_decay;
  int64_t step; /* from 1 */
} calm_adamw_rule;
void calm_adamw(float *value, float *m, float *v, const float *gradient, size_t count, const calm_adamw_rule *rule);
/* The same, bit for bit, of a table [rows, width] whose gradient and moments are zero but in the seen rows: those have no
 * step but the decay. `seen` marks them, `seen_rows` lists them. */
void calm_adamw_table(float *value, float *m, float *v, const float *gradient, int rows, int width, const int32_t *seen_rows,
                      int seen_count, const uint8_t *seen, const calm_adamw_rule *rule);

/* convert.c — half-precision storage to float32. */
void calm_fp16_to_fp32(float *y, const uint16_t *x, size_t count);
void calm_bf16_to_fp32(float *y, const uint16_t *x, size_t count);

/* dequantise.c — the block types of GGUF files (names and layouts are the format's) to float32. `elements` is a multiple of the
 * block's; `blocks` may be at any address. */
typedef enum {
  CALM_Q4_0, CALM_Q4_1, CALM_Q5_0, CALM_Q5_1, CALM_Q8_0, /* 32 elements a block */
  CALM_Q2_K, CALM_Q3_K, CALM_Q4_K, CALM_Q5_K, CALM_Q6_K, /* 256 */
} calm_block_type;
size_t calm_block_elements(calm_block_type type);
size_t calm_block_bytes(calm_block_type type);
void calm_dequantise(calm_block_type type, float *out, const void *blocks, size_t elements);

/* peak.c — operations a second that all threads together can do at most, a multiply-add counted as two; 0 where the processor
 * has no such instruction. 8-bit integers are multiplied as 16-bit ones with AVX2 alone. And the bytes a second that they read from a block of `bytes`. */
double calm_peak_rate(calm_precision p);
double calm_read_rate(size_t bytes);

#endif
