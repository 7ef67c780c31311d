#include "sampler.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr int32_t kFirstTopPCandidates = 256;
constexpr int32_t kWidening = 8;
constexpr int32_t kWalkBlock = 4096;

void require_finite(float largest) {
    if (!std::isfinite(largest)) {
        throw Error(ErrorKind::kInference, "no token can follow: every logit is banned or not a number");
    }
}

double uniform(std::mt19937 & random) { return std::uniform_real_distribution<double>(0.0, 1.0)(random); }

// Keeps the shortest head of the sorted candidates whose probability reaches `top_p`; false where it needs more of them.
bool cut_top_p(std::vector<Candidate> & candidates, float top_p, double total, bool complete) {
    const float max = candidates.front().logit;
    float cumulative = 0;
    for (size_t i = 0; i < candidates.size(); i++) {
        cumulative += static_cast<float>(std::exp(candidates[i].logit - max) / total);
        if (cumulative < top_p) continue;
        candidates.resize(i + 1);
        return true;
    }
    return complete;
}

void cut_min_p(std::vector<Candidate> & sorted, float min_p) {
    const float threshold = sorted.front().logit + std::log(min_p);
    size_t kept = 1;
    while (kept < sorted.size() && sorted[kept].logit >= threshold) kept++;
    sorted.resize(kept);
}

// Candidates in descending order after top-k and top-p.
void sorted_candidates(Row & row, const common_params_sampling & params, std::vector<Candidate> & candidates) {
    if (params.top_k > 0) {
        row.top_k(params.top_k, candidates);
        if (params.top_p >= 1.0f) return;
        double total = 0;
        for (const auto & candidate : candidates) total += std::exp(candidate.logit - candidates.front().logit);
        cut_top_p(candidates, params.top_p, total, true);
        return;
    }
    const double total = row.softmax_sums().sum;
    for (int64_t count = kFirstTopPCandidates;; count *= kWidening) {
        const auto k = static_cast<int32_t>(std::min<int64_t>(count, row.size));
        row.top_k(k, candidates);
        if (cut_top_p(candidates, params.top_p, total, k == row.size)) return;
    }
}

llama_token draw_candidate(const std::vector<Candidate> & candidates, float max, float temperature, std::mt19937 & random) {
    const double u = uniform(random);
    if (candidates.size() == 1) return candidates.front().token;
    static thread_local std::vector<float> weights;
    weights.clear();
    const float scaled_max = max / temperature;
    double total = 0;
    for (const auto & candidate : candidates) {
        weights.push_back(std::exp(candidate.logit / temperature - scaled_max));
        total += weights.back();
    }
    double run = 0;
    for (size_t i = 0; i < candidates.size(); i++) {
        run += weights[i];
        if (run >= total * u) return candidates[i].token;
    }
    return candidates.back().token;
}

llama_token draw_any(const float * logits, int32_t size, float max, float temperature, std::mt19937 & random) {
    static thread_local std::vector<float> weights;
    weights.resize(size);
    exponentials(logits, size, max, 1.0f / temperature, weights.data());
    static thread_local std::vector<double> sums;
    sums.clear();
    double total = 0;
    for (int32_t from = 0; from < size; from += kWalkBlock) {
        sums.push_back(sum_of(weights.data() + from, std::min(kWalkBlock, size - from)));
        total += sums.back();
    }
    const double target = total * uniform(random);
    double run = 0;
    int32_t from = 0;
    size_t block = 0;
    while (block + 1 < sums.size() && run + sums[block] < target) {
        run += sums[block++];
        from += kWalkBlock;
    }
    llama_token last = LLAMA_TOKEN_NULL;
    for (int32_t i = from; i < size; i++) {
        if (weights[i] <= 0) continue;
        run += weights[i];
        last = i;
        if (run >= target) break;
    }
    return last;
}

}  // namespace

llama_token draw(Row & row, const common_params_sampling & params, std::mt19937 & random) {
    static thread_local std::vector<Candidate> candidates;
    if (params.temp > 0 && params.top_k > 0) {
        sorted_candidates(row, params, candidates);
        require_finite(candidates.empty() ? -INFINITY : candidates.front().logit);
        if (params.min_p > 0) cut_min_p(candidates, params.min_p);
        return draw_candidate(candidates, candidates.front().logit, params.temp, random);
    }
    const llama_token best = row.argmax();
    require_finite(best < 0 ? -INFINITY : row.logits[best]);
    if (params.temp <= 0) return best;
    const float max = row.logits[best];
    if (params.top_p < 1.0f) {
        sorted_candidates(row, params, candidates);
        if (params.min_p > 0) cut_min_p(candidates, params.min_p);
    } else if (params.min_p > 0) {
        candidates.clear();
        const float threshold = max + std::log(params.min_p);
        for (int32_t i = 0; i < row.size; i++) {
            if (row.logits[i] >= threshold) candidates.push_back({row.logits[i], i});
        }
        // A min-p above 1 leaves nothing; the most likely token always stays.
        if (candidates.empty()) candidates.push_back({max, best});
    } else {
        return draw_any(row.logits, row.size, max, params.temp, random);
    }
    return draw_candidate(candidates, max, params.temp, random);
}

void record_row(Row & row, llama_token token, int32_t top, Record & record) {
    const SoftmaxSums & sums = row.softmax_sums();
    const double log_total = sums.max + std::log(sums.sum);
    record.token = token;
    record.logprob = static_cast<float>(row.logits[token] - log_total);
    record.entropy = static_cast<float>(std::max(0.0, std::log(sums.sum) - sums.weighted / sums.sum));
    record.top.clear();
    if (top <= 0) return;
    row.top_k(top, record.top);
    for (auto & candidate : record.top) candidate.logit = static_cast<float>(candidate.logit - log_total);
}

}  // namespace hearth
