#include "matmul.h"
#include <cblas.h>
#include <pthread.h>

/* OpenBLAS: what runs where the processor lacks the instructions of the own kernels, and the products that those do not
 * know. It runs on one thread; the pool splits the rows (or columns) of C, so that threads are counted in one place. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void single_threaded_blas(void) { openblas_set_num_threads(1); }
void calm_prepare_blas(void) { pthread_once(&once, single_threaded_blas); }

const char *calm_blas_kernel(void) { return openblas_get_corename(); }

typedef struct {
  int ta, tb, m, n, k, lda, ldb, ldc, chunk, by_rows;
  float alpha, beta;
  const float *a, *b;
  float *c;
} gemm_job;

static void gemm_chunk(void *context, int task) {
  const gemm_job *j = context;
  int from = task * j->chunk, whole = j->by_rows ? j->m : j->n;
  int count = whole - from < j->chunk ? whole - from : j->chunk;
  if (count <= 0) return;
  const float *a = j->a, *b = j->b;
  float *c = j->c;
  if (j->by_rows) {
    a += (size_t)from * (j->ta ? 1 : j->lda);
    c += (size_t)from * j->ldc;
  } else {
    b += (size_t)from * (j->tb ? j->ldb : 1);
    c += from;
  }
  cblas_sgemm(CblasRowMajor, j->ta ? CblasTrans : CblasNoTrans, j->tb ? CblasTrans : CblasNoTrans,
              j->by_rows ? count : j->m, j->by_rows ? j->n : count, j->k, j->alpha, a, j->lda, b, j->ldb, j->beta, c,
              j->ldc);
}

void calm_blas_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                    const float *b, int ldb, float beta, float *c, int ldc) {
  if (m <= 0 || n <= 0) return;
  calm_prepare_blas();
  gemm_job job = {.ta = transpose_a, .tb = transpose_b, .m = m, .n = n, .k = k, .lda = lda, .ldb = ldb, .ldc = ldc,
                  .alpha = alpha, .beta = beta, .a = a, .b = b, .c = c, .by_rows = m >= n || m >= 256};
  int whole = job.by_rows ? m : n, threads = calm_threads();
  if ((double)m * n * k < 64.0 * 64 * 64) threads = 1; /* a fork costs more than the product */
  job.chunk = ((whole + threads - 1) / threads + 15) & ~15;
  calm_parallel((whole + job.chunk - 1) / job.chunk, gemm_chunk, &job);
}

void calm_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc) {
  if (alpha != 1 || (beta != 0 && beta != 1) || k <= 0)
    return calm_blas_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  calm_matmul_once(CALM_FP32, c, ldc, a, lda, transpose_a, b, ldb, transpose_b, m, n, k,
                   &(calm_epilogue){.accumulate = beta == 1});
}
