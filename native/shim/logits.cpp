#include "logits.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>

// The libraries pick their CPU variant when they load; these loops do the same, by what a CPU can do: `arch=` names would
// be those models alone and none that came later.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define HEARTH_PER_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HEARTH_PER_CPU
#endif

namespace hearth {
namespace {

// A loop over the lanes becomes a few vector instructions; one over 16 or fewer would be unrolled before that.
constexpr int32_t kLanes = 32;
// A chunk stays in the fastest cache while it is read twice. Its values at one lane are a block.
constexpr int32_t kChunk = 2048;

// Stands for −∞: exp_nonpositive is 0 there.
constexpr float kLeast = -88.0f;

// exp for kLeast <= x <= 0, within 2 units in the last place. A call would keep the loops around it from being vectorised.
__attribute__((always_inline)) inline float exp_nonpositive(float x) {
    const auto power = static_cast<int32_t>(x * 1.44269504f - 0.5f);
    const auto whole = static_cast<float>(power);
    const float r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    const int32_t bits = (power + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return y * scale;
}

// The largest value at each lane; NaN counts as nothing. `size` is a multiple of kLanes.
HEARTH_PER_CPU void lane_maxima(const float * __restrict values, int32_t size, float * __restrict maxima) {
    float lanes[kLanes];
    for (int32_t i = 0; i < kLanes; i++) lanes[i] = -INFINITY;
    for (int32_t j = 0; j < size; j += kLanes) {
        for (int32_t i = 0; i < kLanes; i++) lanes[i] = values[j + i] > lanes[i] ? values[j + i] : lanes[i];
    }
    for (int32_t i = 0; i < kLanes; i++) maxima[i] = lanes[i];
}

HEARTH_PER_CPU void lane_sums(const float * __restrict values, int32_t size, float max, float * __restrict sums,
                              float * __restrict weighted_sums) {
    float sum[kLanes] = {}, weighted[kLanes] = {};
    for (int32_t j = 0; j < size; j += kLanes) {
        float x[kLanes];
        for (int32_t i = 0; i < kLanes; i++) {
            x[i] = values[j + i] - max;
            x[i] = x[i] > kLeast ? x[i] : kLeast;
        }
        for (int32_t i = 0; i < kLanes; i++) {
            const float e = exp_nonpositive(x[i]);
            sum[i] += e;
            weighted[i] += x[i] * e;
        }
    }
    for (int32_t i = 0; i < kLanes; i++) {
        sums[i] = sum[i];
        weighted_sums[i] = weighted[i];
    }
}

// Calls visit(values, length, chunk) for each chunk, the last filled up with −∞ to a multiple of kLanes.
template <typename Visit>
void visit_chunks(const float * logits, int32_t size, Visit visit) {
    for (int32_t from = 0, chunk = 0; from < size; from += kChunk, chunk++) {
        const int32_t length = std::min(kChunk, size - from);
        if (length % kLanes == 0) {
            visit(logits + from, length, chunk);
            continue;
        }
        float filled[kChunk];
        const int32_t whole = (length / kLanes + 1) * kLanes;
        std::copy_n(logits + from, length, filled);
        std::fill(filled + length, filled + whole, -INFINITY);
        visit(filled, whole, chunk);
    }
}

size_t count_blocks(int32_t size) { return (static_cast<size_t>(size) + kChunk - 1) / kChunk * kLanes; }

// Calls visit(index) for each value of a block, in ascending order, until it returns false.
template <typename Visit>
void visit_block(size_t block, int32_t size, Visit visit) {
    const int64_t from = static_cast<int64_t>(block / kLanes) * kChunk;
    const int64_t end = std::min<int64_t>(size, from + kChunk);
    for (int64_t i = from + static_cast<int64_t>(block % kLanes); i < end; i += kLanes) {
        if (!visit(static_cast<int32_t>(i))) return;
    }
}

// The sums as they are for a larger maximum.
SoftmaxSums rebase(const SoftmaxSums & sums, float max) {
    const double distance = static_cast<double>(sums.max) - max;
    const double scale = std::exp(distance);
    if (!(scale > 0)) return {max, 0, 0};
    return {max, scale * sums.sum, scale * (sums.weighted + distance * sums.sum)};
}

bool before(const Candidate & a, const Candidate & b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

}  // namespace

const std::vector<float> & Row::block_maxima() {
    if (!maxima.empty()) return maxima;
    maxima.resize(count_blocks(size));
    visit_chunks(logits, size, [&](const float * values, int32_t length, int32_t chunk) {
        lane_maxima(values, length, &maxima[static_cast<size_t>(chunk) * kLanes]);
    });
    return maxima;
}

int32_t Row::argmax() {
    block_maxima();
    const float largest = *std::max_element(maxima.begin(), maxima.end());
    if (!std::isfinite(largest)) return -1;
    int32_t first = size;
    for (size_t block = 0; block < maxima.size(); block++) {
        if (maxima[block] != largest) continue;
        visit_block(block, size, [&](int32_t i) {
            if (logits[i] != largest) return true;
            first = std::min(first, i);
            return false;
        });
    }
    return first;
}

void Row::top_k(int32_t k, std::vector<Candidate> & out) {
    out.clear();
    k = std::min(k, size);
    block_maxima();
    float threshold = -INFINITY;
    if (static_cast<size_t>(k) < maxima.size()) {
        // As many blocks hold a value of at least the k-th largest maximum.
        static thread_local std::vector<float> largest;
        largest.resize(static_cast<size_t>(k));
        std::partial_sort_copy(maxima.begin(), maxima.end(), largest.begin(), largest.end(), std::greater<float>());
        threshold = largest.back();
    }
    for (size_t block = 0; block < maxima.size(); block++) {
        if (maxima[block] < threshold) continue;
        visit_block(block, size, [&](int32_t i) {
            if (logits[i] >= threshold) out.push_back({logits[i], i});
            return true;
        });
    }
    const auto kept = std::min(static_cast<size_t>(k), out.size());
    std::partial_sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(kept), out.end(), before);
    out.resize(kept);
}

const SoftmaxSums & Row::softmax_sums() {
    if (sums) return *sums;
    SoftmaxSums total{-INFINITY, 0, 0};
    maxima.resize(count_blocks(size));
    visit_chunks(logits, size, [&](const float * values, int32_t length, int32_t chunk) {
        float * const lanes = &maxima[static_cast<size_t>(chunk) * kLanes];
        lane_maxima(values, length, lanes);
        const float max = *std::max_element(lanes, lanes + kLanes);
        if (max > total.max) total = rebase(total, max);
        float sum[kLanes], weighted[kLanes];
        lane_sums(values, length, total.max, sum, weighted);
        for (int32_t i = 0; i < kLanes; i++) {
            total.sum += sum[i];
            total.weighted += weighted[i];
        }
    });
    return sums.emplace(total);
}

HEARTH_PER_CPU void exponentials(const float * __restrict logits, int32_t size, float max, float scale,
                                 float * __restrict out) {
    for (int32_t i = 0; i < size; i++) {
        const float x = (logits[i] - max) * scale;
        out[i] = exp_nonpositive(x > kLeast ? x : kLeast);
    }
}

HEARTH_PER_CPU double sum_of(const float * values, int32_t size) {
    double lanes[kLanes] = {};
    const int32_t whole = size / kLanes * kLanes;
    for (int32_t j = 0; j < whole; j += kLanes) {
        for (int32_t i = 0; i < kLanes; i++) lanes[i] += values[j + i];
    }
    double sum = 0;
    for (const double lane : lanes) sum += lane;
    for (int32_t i = whole; i < size; i++) sum += values[i];
    return sum;
}

}  // namespace hearth
