#include "context.h"

#include <cmath>
#include <memory>

namespace hearth {
namespace {

constexpr int32_t kMaxInputsPerBatch = 16;
constexpr int32_t kSmallestCapacity = 512;

// Pooled outputs need all tokens of an input in one physical batch, so the context is made as large as the longest
// input seen so far and grows when a longer one comes.
struct EmbedContext {
    const Model * model;
    const ThreadPool * threads;
    bool ranks;
    int32_t active_threads;
    AdapterSet adapters;
    llama_context * context = nullptr;
    int32_t capacity = 0;
    llama_batch batch{};

    ~EmbedContext() { release(); }
    void release();
    void reserve(int32_t tokens);
    bool model_pools() const;
};

bool EmbedContext::model_pools() const {
    const std::string key = metadata(model->model, "general.architecture") + ".pooling_type";
    const std::string pooling = metadata(model->model, key);
    return !pooling.empty() && pooling != "0";
}

void EmbedContext::release() {
    if (!context) return;
    llama_batch_free(batch);
    llama_free(context);
    context = nullptr;
    capacity = 0;
}

void EmbedContext::reserve(int32_t tokens) {
    if (tokens <= capacity) return;
    release();
    int32_t wanted = kSmallestCapacity;
    while (wanted < tokens) wanted *= 2;
    auto params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = static_cast<uint32_t>(wanted);
    params.n_seq_max = kMaxInputsPerBatch;
    params.n_threads = params.n_threads_batch = active_threads;
    params.kv_unified = true;
    params.no_perf = true;
    params.embeddings = true;
    if (ranks) params.pooling_type = LLAMA_POOLING_TYPE_RANK;
    else if (!model_pools()) params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    clear_log();
    context = llama_init_from_model(model->model, params);
    if (!context) throw Error(ErrorKind::kLoadFailed, "no context for embeddings: " + log_lines());
    threads->attach(context);
    adapters.apply(context);
    batch = llama_batch_init(wanted, 0, 1);
    capacity = wanted;
}

void append(llama_batch & batch, const llama_token * tokens, int32_t count, llama_seq_id sequence) {
    for (int32_t i = 0; i < count; i++) {
        const int32_t place = batch.n_tokens++;
        batch.token[place] = tokens[i];
        batch.pos[place] = i;
        batch.n_seq_id[place] = 1;
        batch.seq_id[place][0] = sequence;
        batch.logits[place] = 1;
    }
}

void copy_normalised(const float * from, int32_t length, float * to) {
    double sum = 0;
    for (int32_t i = 0; i < length; i++) sum += static_cast<double>(from[i]) * from[i];
    const double scale = sum > 0 ? 1.0 / std::sqrt(sum) : 0.0;
    for (int32_t i = 0; i < length; i++) to[i] = static_cast<float>(from[i] * scale);
}

void run_batch(EmbedContext & embed, float * out) {
    if (llama_memory_t memory = llama_get_memory(embed.context)) llama_memory_clear(memory, true);
    clear_log();
    const bool encodes = llama_model_has_encoder(embed.model->model) && !llama_model_has_decoder(embed.model->model);
    const int32_t status = encodes ? llama_encode(embed.context, embed.batch) : llama_decode(embed.context, embed.batch);
    if (status != 0) {
        throw Error(ErrorKind::kInference, "embedding failed with status " + std::to_string(status) + ": " + log_lines());
    }
    const int32_t length = llama_model_n_embd_out(embed.model->model);
    const int32_t inputs = embed.batch.seq_id[embed.batch.n_tokens - 1][0] + 1;
    for (int32_t i = 0; i < inputs; i++) {
        const float * pooled = llama_get_embeddings_seq(embed.context, i);
        if (!pooled) throw Error(ErrorKind::kInference, "the model gave no pooled output");
        if (embed.ranks) out[i] = pooled[0];
        else copy_normalised(pooled, length, out + static_cast<size_t>(i) * length);
    }
}

}  // namespace
}  // namespace hearth

using namespace hearth;

HEARTH_API EmbedContext * hearth_embed_new(const Model * model, const ThreadPool * threads, int32_t ranks) {
    return guard(ErrorKind::kLoadFailed, static_cast<EmbedContext *>(nullptr),
                 [&] { return new EmbedContext{model, threads, ranks != 0, threads->threads, {}}; });
}

HEARTH_API void hearth_embed_free(EmbedContext * embed) { delete embed; }

HEARTH_API void hearth_embed_set_threads(EmbedContext * embed, int32_t threads) {
    embed->active_threads = threads;
    if (embed->context) llama_set_n_threads(embed->context, threads, threads);
}

HEARTH_API int32_t hearth_embed_adapt(EmbedContext * embed, int32_t count, const int32_t * indices, const float * scales) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        embed->adapters = AdapterSet(*embed->model, count, indices, scales);
        if (embed->context) embed->adapters.apply(embed->context);
        return 0;
    });
}

// Inputs lie one after the other in `tokens`. Writes one normalised vector, or one rank score, an input.
HEARTH_API int32_t hearth_embed(EmbedContext * embed, int32_t inputs, const int32_t * lengths, const llama_token * tokens,
                                float * out) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        int32_t longest = 0;
        for (int32_t i = 0; i < inputs; i++) {
            if (lengths[i] <= 0) refuse("input " + std::to_string(i) + " has no tokens");
            longest = std::max(longest, lengths[i]);
        }
        embed->reserve(longest);
        const size_t stride = embed->ranks ? 1 : llama_model_n_embd_out(embed->model->model);
        int32_t sequence = 0;
        embed->batch.n_tokens = 0;
        for (int32_t i = 0; i < inputs; i++) {
            if (sequence == kMaxInputsPerBatch || embed->batch.n_tokens + lengths[i] > embed->capacity) {
                run_batch(*embed, out);
                out += stride * static_cast<size_t>(sequence);
                sequence = 0;
                embed->batch.n_tokens = 0;
            }
            append(embed->batch, tokens, lengths[i], sequence++);
            tokens += lengths[i];
        }
        if (sequence > 0) run_batch(*embed, out);
        return 0;
    });
}
