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

/* gemm.c — C[m,n] = alpha * op(A) * op(B) + beta * C, through OpenBLAS on one thread a chunk. */
void calm_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc);
const char *calm_blas_kernel(void);

/* linear.c — y[rows,out] = x[rows,in] * w[out,in]^T + bias[out] (bias may be NULL). */
void calm_linear_forward(float *y, const float *x, const float *w, const float *bias, int rows, int in, int out);
/* dx is overwritten (NULL: not wanted); dw and dbias accumulate. */
void calm_linear_backward(float *dx, float *dw, float *dbias, const float *dy, const float *x, const float *w,
                          int rows, int in, int out);

/* activation.c */
void calm_gelu_forward(float *y, const float *x, size_t count);
void calm_gelu_backward(float *dx, const float *dy, const float *x, size_t count); /* dx may be dy */
void calm_tanh_forward(float *y, const float *x, size_t count);
void calm_tanh_backward(float *dx, const float *dy, const float *y, size_t count);

/* dropout.c — inverted dropout; the mask is a function of (key, index), so the backward pass draws it again. */
void calm_dropout(float *x, size_t count, float p, uint64_t key);
void calm_add(float *y, const float *x, size_t count);              /* y += x */
void calm_scale(float *y, float factor, size_t count);              /* y *= factor */
double calm_sum_of_squares(const float *x, size_t count);           /* float64, fixed order */

/* layernorm.c — rows of `width`; mean and rstd [rows] are kept for the backward pass. */
void calm_layernorm_forward(float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias,
                            int rows, int width, float epsilon);
/* dx is overwritten; dweight and dbias accumulate. */
void calm_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                             const float *mean, const float *rstd, const float *weight, int rows, int width);

/* attention.c — packed sequences: sequence s owns rows offsets[s] ..< offsets[s+1] of qkv [tokens, 3*hidden].
 * `lse` [tokens, heads] keeps log-sum-exp of each row of scores, from which the backward pass recomputes probabilities. */
void calm_attention_forward(float *out, float *lse, const float *qkv, const int32_t *offsets, int sequences, int heads,
                            int hidden, float dropout, uint64_t key);
/* dqkv [tokens, 3*hidden] is overwritten. */
void calm_attention_backward(float *dqkv, const float *dout, const float *lse, const float *qkv,
                             const int32_t *offsets, int sequences, int heads, int hidden, float dropout, uint64_t key);

/* embedding.c — y[row] = (or +=) table[ids[row]]; the backward pass adds dy rows to dtable in row order. */
void calm_embedding_forward(float *y, const float *table, const int32_t *ids, int rows, int width, int accumulate);
void calm_embedding_backward(float *dtable, const float *dy, const int32_t *ids, int rows, int width);

/* adamw.c — decoupled weight decay (Loshchilov & Hutter 2019), arithmetic in the order of PyTorch's AdamW.
 * `gradient_scale` multiplies the gradient first (clipping, accumulation). */
void calm_adamw(float *value, float *m, float *v, const float *gradient, size_t count, float gradient_scale,
                float rate, float beta1, float beta2, float epsilon, float weight_decay, int64_t step);

/* convert.c — half-precision storage to float32. */
void calm_fp16_to_fp32(float *y, const uint16_t *x, size_t count);
void calm_bf16_to_fp32(float *y, const uint16_t *x, size_t count);

/* peak.c — operations a second that all threads together can do at most, a multiply-add counted as two; 0 where the processor
 * has no such instruction. And the bytes a second that they read from a block of `bytes`. */
typedef enum { CALM_FP32, CALM_BF16, CALM_INT8 } calm_arithmetic;
double calm_peak_rate(calm_arithmetic arithmetic);
double calm_read_rate(size_t bytes);

#endif
