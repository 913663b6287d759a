#include "chain.h"
#include <stdlib.h>

/* The rows of all words, and of each sentence whether they are in log space. */
struct linear_chain_pass {
  scaled_rows rows;
  double *log_partition;
  unsigned char *exact;
};

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static linear_chain_pass *pass_create(const linear_chain *c, size_t words, size_t sentences) {
  size_t header = aligned(sizeof(linear_chain_pass)), rows = words * c->width;
  size_t bytes = header + sizeof(vec) * (3 * rows + c->width) + sizeof(double) * (3 * words + sentences) + sentences;
  linear_chain_pass *p = aligned_alloc(64, aligned(bytes));
  if (!p) return NULL;
  vec *vectors = (vec *)((char *)p + header);
  double *numbers = (double *)(vectors + 3 * rows + c->width);
  p->rows = (scaled_rows){
      .emissions = vectors,
      .alpha = vectors + rows,
      .beta = vectors + 2 * rows,
      .temporary = vectors + 3 * rows,
      .alpha_scale = numbers,
      .beta_scale = numbers + words,
      .inverse = numbers + 2 * words,
  };
  p->log_partition = numbers + 3 * words;
  p->exact = (unsigned char *)(p->log_partition + sentences);
  memset(p->exact, 0, sentences);
  return p;
}

void linear_chain_pass_free(linear_chain_pass *pass) { free(pass); }

static scaled_rows rows_from(const linear_chain *c, const linear_chain_pass *p, ptrdiff_t word) {
  scaled_rows rows = p->rows;
  rows.emissions += word * c->width;
  rows.alpha += word * c->width;
  rows.beta += word * c->width;
  rows.alpha_scale += word;
  rows.beta_scale += word;
  rows.inverse += word;
  return rows;
}

static double path_score(const linear_chain *c, const float *emissions, int length, const int32_t *path) {
  size_t n = c->tags;
  double score = (double)c->start[path[0]] + c->end[path[length - 1]];
  for (int t = 0; t < length; t++) {
    score += emissions[t * n + path[t]];
    if (t > 0) score += c->transitions[path[t - 1] * n + path[t]];
  }
  return score;
}

static void path_score_backward(const linear_chain *c, int length, const int32_t *path, double d, float *demissions,
                                const gradient_sums *sums) {
  size_t n = c->tags;
  sums->start[path[0]] += d;
  sums->end[path[length - 1]] += d;
  for (int t = 0; t < length; t++) {
    demissions[t * n + path[t]] += (float)d;
    if (t > 0) sums->transitions[path[t - 1] * n + path[t]] += d;
  }
}

linear_chain_pass *linear_chain_forward(const linear_chain *c, const linear_chain_batch *batch,
                                        const linear_chain_posterior *posterior) {
  linear_chain_pass *p = pass_create(c, batch->offsets[batch->sentences], batch->sentences);
  if (!p) return NULL;
  for (ptrdiff_t s = 0; s < batch->sentences; s++) {
    ptrdiff_t word = batch->offsets[s], at = word * c->tags;
    int length = (int)(batch->offsets[s + 1] - word);
    p->log_partition[s] = 0;
    if (posterior->gold_score) posterior->gold_score[s] = 0;
    if (length > 0) {
      scaled_rows rows = rows_from(c, p, word);
      const float *emissions = batch->emissions + at;
      float *scores = posterior->token_scores + at, *marginals = posterior->marginals + at;
      if (!scaled_forward(c, emissions, length, &rows, &p->log_partition[s], scores, marginals)) {
        p->exact[s] = 1;
        p->log_partition[s] =
            exact_forward(c, emissions, length, (double *)rows.alpha, (double *)rows.beta, scores, marginals);
      }
      if (batch->gold) posterior->gold_score[s] = path_score(c, emissions, length, batch->gold + word);
    }
    posterior->log_partition[s] = p->log_partition[s];
  }
  return p;
}

int linear_chain_backward(const linear_chain *c, const linear_chain_pass *p, const linear_chain_batch *batch,
                          const linear_chain_cotangent *d, const linear_chain_gradient *gradient) {
  size_t n = c->tags, padded = (size_t)c->width * LANES, longest = 0;
  for (ptrdiff_t s = 0; s < batch->sentences; s++) {
    size_t length = batch->offsets[s + 1] - batch->offsets[s];
    longest = length > longest ? length : longest;
  }
  size_t counts = padded * c->width, scratch = scaled_scratch(c, (int)longest);
  if (exact_scratch(c) > scratch * LANES) scratch = exact_scratch(c) / LANES + 1;
  vec *memory = aligned_alloc(64, aligned(sizeof(vec) * (counts + scratch) + sizeof(double) * (n * n + 2 * n)));
  if (!memory) return 0;
  gradient_sums sums = {.counts = memory, .transitions = (double *)(memory + counts + scratch)};
  sums.start = sums.transitions + n * n;
  sums.end = sums.start + n;
  memset(sums.counts, 0, sizeof(vec) * counts);
  memset(sums.transitions, 0, sizeof(double) * (n * n + 2 * n));

  for (ptrdiff_t s = 0; s < batch->sentences; s++) {
    ptrdiff_t word = batch->offsets[s], at = word * c->tags;
    int length = (int)(batch->offsets[s + 1] - word);
    if (length <= 0) continue;
    sentence_cotangent own = {
        .log_partition = d->log_partition ? d->log_partition[s] : 0,
        .token_scores = d->token_scores ? d->token_scores + at : NULL,
        .marginals = d->marginals ? d->marginals + at : NULL,
    };
    scaled_rows rows = rows_from(c, p, word);
    float *demissions = gradient->emissions + at;
    if (p->exact[s])
      exact_backward(c, batch->emissions + at, length, (const double *)rows.alpha, (const double *)rows.beta,
                     p->log_partition[s], &own, demissions, &sums, (double *)(memory + counts));
    else
      scaled_backward(c, length, &rows, &own, demissions, &sums, memory + counts);
    if (d->gold_score && batch->gold)
      path_score_backward(c, length, batch->gold + word, d->gold_score[s], demissions, &sums);
  }

  for (size_t i = 0; i < n; i++) {
    const double *weights = (const double *)c->weights + i * padded, *count = (const double *)sums.counts + i * padded;
    for (size_t j = 0; j < n; j++)
      gradient->transitions[i * n + j] += (float)(sums.transitions[i * n + j] + weights[j] * count[j]);
    gradient->start[i] += (float)sums.start[i];
    gradient->end[i] += (float)sums.end[i];
  }
  free(memory);
  return 1;
}
