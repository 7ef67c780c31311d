#include "sampler.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>

namespace hearth {
namespace {

constexpr size_t kMaxReasonBytes = 300;
// Logits of a step from which a second thread is worth its start.
constexpr int64_t kMinParallelValues = 1'000'000;

// Values of logits as they were before a sampler's biases and penalties; other samplers may read the same row.
struct SavedLogits {
    float * logits;
    std::vector<Candidate> & saved;

    SavedLogits(float * logits, std::vector<Candidate> & saved) : logits(logits), saved(saved) { saved.clear(); }
    ~SavedLogits() {
        for (auto i = saved.rbegin(); i != saved.rend(); ++i) logits[i->token] = i->logit;
    }
    float & change(llama_token token) {
        saved.push_back({logits[token], token});
        return logits[token];
    }
};

// Handles are indices, so that a stale one is an error instead of a wild pointer.
std::vector<std::unique_ptr<Sampler>> samplers;
std::vector<int32_t> free_handles;

Sampler & sampler_at(int32_t handle) {
    if (handle < 0 || static_cast<size_t>(handle) >= samplers.size() || !samplers[handle]) {
        throw Error(ErrorKind::kInference, "sampler " + std::to_string(handle) + " is gone");
    }
    return *samplers[handle];
}

int32_t keep(std::unique_ptr<Sampler> sampler) {
    if (free_handles.empty()) {
        samplers.push_back(std::move(sampler));
        return static_cast<int32_t>(samplers.size() - 1);
    }
    const int32_t handle = free_handles.back();
    free_handles.pop_back();
    samplers[handle] = std::move(sampler);
    return handle;
}

bool needs_chain(const common_params_sampling & params) {
    const bool budgets = !params.reasoning_budget_start.empty() && params.reasoning_budget_tokens >= 0;
    return !common_grammar_value(params.grammar).empty() || budgets || params.typ_p < 1.0f || params.top_n_sigma > 0 ||
           params.dry_multiplier != 0 || params.xtc_probability > 0 || params.mirostat != 0 || params.dynatemp_range > 0;
}

// The parser prints a line with its reason, an empty line and the grammar.
std::string printed_reason(StderrCapture & printed) {
    static const std::string prefix = "parse: error parsing grammar: ";
    std::string text = printed.text();
    text.resize(std::min({text.size(), text.find("\n\n"), kMaxReasonBytes}));
    return text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text;
}

common_sampler_ptr make_chain(const Model & model, common_params_sampling & params) {
    StderrCapture printed;
    clear_log();
    try {
        return common_sampler_ptr(common_sampler_init(model.model, params));
    } catch (const std::exception & error) {
        std::string reason = printed_reason(printed);
        if (reason.empty()) reason = log_lines();
        refuse(reason.empty() ? error.what() : std::string(error.what()) + ": " + reason);
    }
}

}  // namespace

bool Sampler::penalises() const {
    return params.penalty_last_n > 0 &&
           (params.penalty_repeat != 1.0f || params.penalty_freq != 0 || params.penalty_present != 0);
}

void Sampler::accept(llama_token token) {
    if (!penalises()) return;
    counts[token]++;
    recent.push_back(token);
    if (recent.size() <= static_cast<size_t>(params.penalty_last_n)) return;
    const auto oldest = counts.find(recent.front());
    if (--oldest->second == 0) counts.erase(oldest);
    recent.pop_front();
}

llama_token Sampler::sample_fast(float * logits, Row & row) {
    static thread_local std::vector<Candidate> saved_values;
    SavedLogits saved(logits, saved_values);
    for (const auto & bias : params.logit_bias) saved.change(bias.token) += bias.bias;
    if (penalises()) {
        for (const auto & [token, count] : counts) {
            float & logit = saved.change(token);
            logit = logit <= 0 ? logit * params.penalty_repeat : logit / params.penalty_repeat;
            logit -= static_cast<float>(count) * params.penalty_freq + params.penalty_present;
        }
    }
    if (saved_values.empty()) return draw(row, params, random);
    Row changed(logits, model->n_vocab);
    return draw(changed, params, random);
}

llama_token Sampler::sample_chain(llama_context * context, int32_t batch_index) {
    const llama_token token = common_sampler_sample(chain.get(), context, batch_index);
    const llama_token_data_array * candidates = common_sampler_get_candidates(chain.get(), false);
    // Accepting a token that the grammar forbids aborts inside llama.cpp, so a dead end is found here.
    const bool chosen = candidates->selected >= 0 && static_cast<size_t>(candidates->selected) < candidates->size;
    if (!chosen || !std::isfinite(candidates->data[candidates->selected].logit)) {
        throw Error(ErrorKind::kInference, "no token can follow: the grammar or the biases forbid every one");
    }
    common_sampler_accept(chain.get(), token, true);
    return token;
}

llama_token Sampler::sample(const Context & context, int32_t batch_index) {
    if (!failure.empty()) throw Error(ErrorKind::kInference, failure);
    float * logits = logits_at(context, batch_index);
    Row row(logits, model->n_vocab);
    // The pass for the sums finds what drawing needs too, and not the other way round.
    if (records) row.softmax_sums();
    llama_token token;
    if (chain) {
        token = sample_chain(context.context, batch_index);
    } else {
        token = sample_fast(logits, row);
        accept(token);
    }
    if (records) record_row(row, token, top_logprobs, untaken.emplace_back());
    return token;
}

}  // namespace hearth

using namespace hearth;

// Returns a handle, or a negative number.
HEARTH_API int32_t hearth_sampler_new(const Model * model, const char * options, int64_t length) {
    return guard(ErrorKind::kInvalidRequest, kFailure, [&] {
        auto sampler = std::make_unique<Sampler>();
        sampler->model = model;
        read_options(parse_request(to_string(options, length)), *sampler);
        sampler->random.seed(sampler->params.seed);
        if (needs_chain(sampler->params)) {
            sampler->chain = make_chain(*model, sampler->params);
        } else {
            int32_t count = 0;
            const llama_token * suppressed = llama_vocab_get_suppress_tokens(model->vocab, &count);
            for (int32_t i = 0; i < count; i++) sampler->params.logit_bias.push_back({suppressed[i], -INFINITY});
        }
        return keep(std::move(sampler));
    });
}

HEARTH_API void hearth_sampler_free(int32_t handle) {
    if (handle < 0 || static_cast<size_t>(handle) >= samplers.size() || !samplers[handle]) return;
    samplers[handle].reset();
    free_handles.push_back(handle);
}

HEARTH_API int32_t hearth_sampler_accept_prompt(int32_t handle, const llama_token * tokens, int32_t count) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        Sampler & sampler = sampler_at(handle);
        const auto & params = sampler.params;
        const int32_t window = sampler.chain ? std::max({params.penalty_last_n, params.dry_penalty_last_n, params.n_prev})
                                             : (sampler.penalises() ? params.penalty_last_n : 0);
        for (int32_t i = std::max(0, count - window); i < count; i++) {
            if (tokens[i] < 0 || tokens[i] >= sampler.model->n_vocab) refuse("a prompt token is outside the vocabulary");
            if (sampler.chain) common_sampler_accept(sampler.chain.get(), tokens[i], false);
            else sampler.accept(tokens[i]);
        }
        return 0;
    });
}

namespace {

void sample_row(const Context & context, int32_t batch_index, int32_t handle, llama_token & token) {
    Sampler & sampler = sampler_at(handle);
    try {
        token = sampler.sample(context, batch_index);
    } catch (const std::exception & error) {
        token = LLAMA_TOKEN_NULL;
        sampler.failure = error.what();
    }
}

}  // namespace

// A row whose sampler fails gets token −1 and its reason in hearth_sampler_failure; the others are sampled all the same.
HEARTH_API int32_t hearth_sample(const Context * context, int32_t rows, const int32_t * batch_index,
                                 const int32_t * handles, llama_token * tokens) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        // Every place is resolved once before threads read them: the first look-up may reorder the rows.
        llama_synchronize(context->context);
        for (int32_t row = 0; row < rows; row++) sampler_at(handles[row]);
        if (rows > 0) logits_at(*context, batch_index[0]);
        const auto sample_rows = [&](int32_t from, int32_t to) {
            for (int32_t row = from; row < to; row++) sample_row(*context, batch_index[row], handles[row], tokens[row]);
        };
        const int64_t values = static_cast<int64_t>(rows) * context->model->n_vocab;
        if (rows < 2 || values < kMinParallelValues || context->threads < 2) {
            sample_rows(0, rows);
            return 0;
        }
        std::thread other(sample_rows, rows / 2, rows);
        sample_rows(0, rows / 2);
        other.join();
        return 0;
    });
}

HEARTH_API int64_t hearth_sampler_failure(int32_t handle) {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [&] { return set_text(sampler_at(handle).failure); });
}

namespace {

// values: logprob, entropy, then the logprobs of the alternatives. Returns how many alternatives there are.
int32_t write_record(const Record & record, int32_t capacity, int32_t * token, float * values, int32_t * top_tokens) {
    *token = record.token;
    values[0] = record.logprob;
    values[1] = record.entropy;
    const auto count = std::min(capacity, static_cast<int32_t>(record.top.size()));
    for (int32_t i = 0; i < count; i++) {
        top_tokens[i] = record.top[i].token;
        values[2 + i] = record.top[i].logit;
    }
    return count;
}

}  // namespace

// Takes the oldest record that is left.
HEARTH_API int32_t hearth_sampler_record(int32_t handle, int32_t capacity, int32_t * token, float * values,
                                         int32_t * top_tokens) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        auto & untaken = sampler_at(handle).untaken;
        if (untaken.empty()) throw Error(ErrorKind::kInference, "the sampler has no record left");
        const int32_t count = write_record(untaken.front(), capacity, token, values, top_tokens);
        untaken.pop_front();
        return count;
    });
}

// The record of any token at a batch place of the last decode.
HEARTH_API int32_t hearth_raw_record(const Context * context, int32_t batch_index, llama_token wanted, int32_t top,
                                     int32_t * token, float * values, int32_t * top_tokens) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        if (wanted < 0 || wanted >= context->model->n_vocab) refuse("a token is outside the vocabulary");
        Record record;
        Row row(logits_at(*context, batch_index), context->model->n_vocab);
        record_row(row, wanted, top, record);
        return write_record(record, top, token, values, top_tokens);
    });
}
