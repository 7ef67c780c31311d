#pragma once

#include "shim.h"

#include "ggml-cpu.h"

namespace hearth {

struct Context {
    const Model * model = nullptr;
    llama_context * context = nullptr;
    int32_t n_batch = 0;
    int32_t max_outputs = 0;
    int32_t threads = 1;
    std::vector<int32_t> ones;
    std::vector<llama_seq_id *> sequence_places;
};

// One set of worker threads serves every context of the model: they never compute at the same time.
struct ThreadPool {
    ggml_threadpool_t pool = nullptr;
    decltype(ggml_threadpool_free) * free = nullptr;
    int32_t threads = 0;

    explicit ThreadPool(int32_t threads);
    ~ThreadPool();
    void attach(llama_context * context) const;
};

// LoRA adapters with their scales, as a context takes them.
struct AdapterSet {
    std::vector<llama_adapter_lora *> adapters;
    std::vector<float> scales;

    AdapterSet() = default;
    AdapterSet(const Model & model, int32_t count, const int32_t * indices, const float * scales);
    void apply(llama_context * context);
};

// Logits of a batch place of the last decode; throws where that place had none.
float * logits_at(const Context & context, int32_t batch_index);

}  // namespace hearth
