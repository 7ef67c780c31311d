#include "context.h"

#include <memory>

namespace hearth {
namespace {

ggml_type kv_type(int32_t code) {
    switch (code) {
        case 0: return GGML_TYPE_F16;
        case 1: return GGML_TYPE_Q8_0;
        case 2: return GGML_TYPE_F32;
        default: refuse("unknown type of KV cache");
    }
}

// Passing more outputs or tokens than were reserved aborts inside llama.cpp, so they are counted first.
void require_fits(const Context & context, int32_t size, const int8_t * outputs) {
    int32_t wanted = 0;
    for (int32_t i = 0; i < size; i++) wanted += outputs[i] != 0;
    if (size > context.n_batch || wanted > context.max_outputs) {
        throw Error(ErrorKind::kInference, "a batch of " + std::to_string(size) + " tokens with " + std::to_string(wanted) +
                                               " outputs exceeds " + std::to_string(context.n_batch) + " and " +
                                               std::to_string(context.max_outputs));
    }
}

}  // namespace

ThreadPool::ThreadPool(int32_t threads) : threads(threads) {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (!cpu) return;
    ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(cpu);
    const auto create = reinterpret_cast<decltype(ggml_threadpool_new) *>(
        ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new"));
    free = reinterpret_cast<decltype(ggml_threadpool_free) *>(
        ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free"));
    if (!create || !free) return;
    ggml_threadpool_params params = ggml_threadpool_params_default(threads);
    // Idle workers sleep at once: the cores between two steps belong to sampling, the server and its clients.
    params.poll = 0;
    pool = create(&params);
}

ThreadPool::~ThreadPool() {
    if (pool) free(pool);
}

void ThreadPool::attach(llama_context * context) const {
    if (pool) llama_attach_threadpool(context, pool, nullptr);
}

float * logits_at(const Context & context, int32_t batch_index) {
    float * logits = llama_get_logits_ith(context.context, batch_index);
    if (!logits) {
        throw Error(ErrorKind::kInference, "batch place " + std::to_string(batch_index) + " has no logits");
    }
    return logits;
}

}  // namespace hearth

using namespace hearth;

HEARTH_API ThreadPool * hearth_threads_new(int32_t threads) {
    return guard(ErrorKind::kLoadFailed, static_cast<ThreadPool *>(nullptr), [&] { return new ThreadPool(threads); });
}

HEARTH_API void hearth_threads_free(ThreadPool * threads) { delete threads; }

HEARTH_API Context * hearth_context_new(const Model * model, const ThreadPool * threads, uint32_t kv_tokens,
                                        uint32_t batch_tokens, uint32_t max_sequences, uint32_t max_outputs,
                                        int32_t kv_type_code) {
    return guard(ErrorKind::kLoadFailed, static_cast<Context *>(nullptr), [&] {
        clear_log();
        auto params = llama_context_default_params();
        params.n_ctx = kv_tokens;
        params.n_batch = params.n_ubatch = batch_tokens;
        params.n_seq_max = max_sequences;
        // Left alone it is n_batch, and the logits of a whole batch over a large vocabulary take hundreds of megabytes.
        params.n_outputs_max = max_outputs;
        params.n_threads = params.n_threads_batch = threads->threads;
        params.type_k = params.type_v = kv_type(kv_type_code);
        params.kv_unified = true;
        params.no_perf = true;
        auto context = std::make_unique<Context>();
        context->model = model;
        context->context = llama_init_from_model(model->model, params);
        if (!context->context) throw Error(ErrorKind::kLoadFailed, log_lines());
        threads->attach(context->context);
        context->n_batch = static_cast<int32_t>(llama_n_batch(context->context));
        context->threads = threads->threads;
        context->max_outputs = static_cast<int32_t>(max_outputs);
        context->ones.assign(batch_tokens, 1);
        context->sequence_places.resize(batch_tokens);
        return context.release();
    });
}

HEARTH_API void hearth_context_free(Context * context) {
    llama_free(context->context);
    delete context;
}

// Takes effect with the next decode; more threads than the pool has are not used.
HEARTH_API void hearth_context_set_threads(Context * context, int32_t threads) {
    context->threads = threads;
    llama_set_n_threads(context->context, threads, threads);
}

HEARTH_API uint32_t hearth_context_kv_tokens(const Context * context) { return llama_n_ctx(context->context); }

// 0: done. 1: the KV cache cannot hold the batch, nothing was changed.
HEARTH_API int32_t hearth_decode(Context * context, int32_t size, llama_token * tokens, llama_pos * positions,
                                 llama_seq_id * sequences, int8_t * outputs) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        require_fits(*context, size, outputs);
        for (int32_t i = 0; i < size; i++) context->sequence_places[i] = sequences + i;
        llama_batch batch{};
        batch.n_tokens = size;
        batch.token = tokens;
        batch.pos = positions;
        batch.n_seq_id = context->ones.data();
        batch.seq_id = context->sequence_places.data();
        batch.logits = outputs;
        clear_log();
        const int32_t status = llama_decode(context->context, batch);
        if (status == 0 || status == 1) return status;
        throw Error(ErrorKind::kInference, "llama_decode failed with status " + std::to_string(status) + ": " + log_lines());
    });
}

HEARTH_API int32_t hearth_sequence_remove(Context * context, int32_t sequence, int32_t from, int32_t to) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        return llama_memory_seq_rm(llama_get_memory(context->context), sequence, from, to) ? 1 : 0;
    });
}

HEARTH_API int32_t hearth_sequence_copy(Context * context, int32_t source, int32_t target, int32_t from, int32_t to) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        llama_memory_seq_cp(llama_get_memory(context->context), source, target, from, to);
        return 0;
    });
}

HEARTH_API int64_t hearth_state_size(Context * context, int32_t sequence) {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [&] {
        return static_cast<int64_t>(llama_state_seq_get_size(context->context, sequence));
    });
}

HEARTH_API int64_t hearth_state_save(Context * context, int32_t sequence, uint8_t * bytes, int64_t size) {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [&] {
        const size_t written = llama_state_seq_get_data(context->context, bytes, static_cast<size_t>(size), sequence);
        if (written == 0) throw Error(ErrorKind::kInference, "the state of a sequence could not be saved");
        return static_cast<int64_t>(written);
    });
}

// 1: restored. 0: no room for it, or not a state of this model.
HEARTH_API int32_t hearth_state_restore(Context * context, int32_t sequence, const uint8_t * bytes, int64_t size) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        return llama_state_seq_set_data(context->context, bytes, static_cast<size_t>(size), sequence) > 0 ? 1 : 0;
    });
}
