// Passes over one row of logits, written so that the compiler vectorises them.
#pragma once

#include <cstdint>
#include <utility>
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

// Index of the first largest value; −1 where no value is finite.
int32_t argmax(const float * logits, int32_t size);

float max_of(const float * logits, int32_t size);

// The `k` largest, in descending order; equal values by token id.
void top_k(const float * logits, int32_t size, int32_t k, std::vector<Candidate> & out);

SoftmaxSums softmax_sums(const float * logits, int32_t size);

// Writes exp((x - max) * scale) for each value.
void exponentials(const float * logits, int32_t size, float max, float scale, float * out);

double sum_of(const float * values, int32_t size);

}  // namespace hearth
