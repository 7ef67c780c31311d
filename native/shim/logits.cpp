#include "logits.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>

// The libraries pick their CPU variant when they load; these loops do the same.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define HEARTH_PER_CPU __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define HEARTH_PER_CPU
#endif

namespace hearth {
namespace {

constexpr int32_t kBlock = 64;
constexpr int32_t kLanes = 16;

// exp for x <= 0, within 2 units in the last place; below −87 it stays at the smallest normal number.
inline float exp_nonpositive(float x) {
    x = x < -87.0f ? -87.0f : x;
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

// One maximum a block of kBlock values; the last block may be shorter. NaN counts as nothing.
HEARTH_PER_CPU void block_maxima(const float * logits, int32_t size, float * maxima) {
    const int32_t whole = size / kBlock;
    for (int32_t block = 0; block < whole; block++) {
        const float * x = logits + static_cast<size_t>(block) * kBlock;
        float lanes[kLanes];
        for (int32_t i = 0; i < kLanes; i++) lanes[i] = x[i] > -INFINITY ? x[i] : -INFINITY;
        for (int32_t j = kLanes; j < kBlock; j += kLanes) {
            for (int32_t i = 0; i < kLanes; i++) lanes[i] = x[j + i] > lanes[i] ? x[j + i] : lanes[i];
        }
        for (int32_t width = kLanes / 2; width > 0; width /= 2) {
            for (int32_t i = 0; i < width; i++) lanes[i] = lanes[i + width] > lanes[i] ? lanes[i + width] : lanes[i];
        }
        maxima[block] = lanes[0];
    }
    if (whole * kBlock == size) return;
    float max = -INFINITY;
    for (int32_t i = whole * kBlock; i < size; i++) max = logits[i] > max ? logits[i] : max;
    maxima[whole] = max;
}

const std::vector<float> & maxima_of(const float * logits, int32_t size) {
    static thread_local std::vector<float> maxima;
    maxima.resize(static_cast<size_t>((size + kBlock - 1) / kBlock));
    block_maxima(logits, size, maxima.data());
    return maxima;
}

bool before(const Candidate & a, const Candidate & b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

HEARTH_PER_CPU void add_sums(const float * logits, int32_t size, float max, float * sum, float * weighted) {
    for (int32_t j = 0; j + kLanes <= size; j += kLanes) {
        for (int32_t i = 0; i < kLanes; i++) {
            const float x = logits[j + i] - max;
            const float clamped = x > -87.0f ? x : -87.0f;
            const float e = exp_nonpositive(clamped);
            sum[i] += e;
            weighted[i] += clamped * e;
        }
    }
}

}  // namespace

float max_of(const float * logits, int32_t size) {
    const auto & maxima = maxima_of(logits, size);
    return *std::max_element(maxima.begin(), maxima.end());
}

int32_t argmax(const float * logits, int32_t size) {
    const auto & maxima = maxima_of(logits, size);
    const auto block = std::max_element(maxima.begin(), maxima.end());
    if (!std::isfinite(*block)) return -1;
    auto index = static_cast<int32_t>(block - maxima.begin()) * kBlock;
    while (logits[index] != *block) index++;
    return index;
}

void top_k(const float * logits, int32_t size, int32_t k, std::vector<Candidate> & out) {
    out.clear();
    k = std::min(k, size);
    const auto & maxima = maxima_of(logits, size);
    float threshold = -INFINITY;
    if (static_cast<size_t>(k) < maxima.size()) {
        static thread_local std::vector<float> order;
        order = maxima;
        std::nth_element(order.begin(), order.begin() + (k - 1), order.end(), std::greater<float>());
        threshold = order[k - 1];
    }
    for (size_t block = 0; block < maxima.size(); block++) {
        if (maxima[block] < threshold) continue;
        const int32_t end = std::min(size, static_cast<int32_t>(block + 1) * kBlock);
        for (auto i = static_cast<int32_t>(block) * kBlock; i < end; i++) {
            if (logits[i] >= threshold) out.push_back({logits[i], i});
        }
    }
    const auto kept = std::min(static_cast<size_t>(k), out.size());
    std::partial_sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(kept), out.end(), before);
    out.resize(kept);
}

SoftmaxSums softmax_sums(const float * logits, int32_t size) {
    constexpr int32_t kChunk = 1024;
    SoftmaxSums sums{max_of(logits, size), 0, 0};
    for (int32_t from = 0; from < size; from += kChunk) {
        const int32_t length = std::min(kChunk, size - from);
        float sum[kLanes] = {}, weighted[kLanes] = {};
        add_sums(logits + from, length, sums.max, sum, weighted);
        for (int32_t i = 0; i < kLanes; i++) {
            sums.sum += sum[i];
            sums.weighted += weighted[i];
        }
        for (int32_t i = from + length / kLanes * kLanes; i < from + length; i++) {
            const double x = std::max(-87.0f, logits[i] - sums.max);
            sums.sum += std::exp(x);
            sums.weighted += x * std::exp(x);
        }
    }
    return sums;
}

HEARTH_PER_CPU void exponentials(const float * logits, int32_t size, float max, float scale, float * out) {
    for (int32_t i = 0; i < size; i++) {
        const float x = (logits[i] - max) * scale;
        const float e = exp_nonpositive(x);
        out[i] = x >= -87.0f ? e : 0.0f;
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
