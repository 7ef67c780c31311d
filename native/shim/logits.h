// Passes over one row of logits, written so that the compiler vectorises them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace hearth {

struct Candidate {
    float logit;
    int32_t token;
};

struct SoftmaxSums {
    float max;
    // Sum of exp(x - max), and of (x - max) * exp(x - max).
    double sum;
    double weighted;
};

// The logits of one token. A row is as long as the vocabulary and each pass over it counts, so what the first pass
// finds serves all that is asked later; the logits may not change in between.
class Row {
  public:
    Row(const float * logits, int32_t size) : logits(logits), size(size) {}

    const float * const logits;
    const int32_t size;

    // Index of the first largest value; −1 where no value is finite.
    int32_t argmax();

    // The `k` largest, in descending order; equal values by token id.
    void top_k(int32_t k, std::vector<Candidate> & out);

    // −∞ and NaN add nothing; a row of nothing else has a sum of 0.
    const SoftmaxSums & softmax_sums();

  private:
    const std::vector<float> & block_maxima();

    std::vector<float> maxima;
    std::optional<SoftmaxSums> sums;
};

// Writes exp((x - max) * scale) for each value.
void exponentials(const float * logits, int32_t size, float max, float scale, float * out);

double sum_of(const float * values, int32_t size);

}  // namespace hearth
