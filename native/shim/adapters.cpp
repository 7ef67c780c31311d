#include "context.h"

#include "gguf.h"

#include <cmath>
#include <memory>

namespace hearth {
namespace {

struct FreeGguf {
    void operator()(gguf_context * file) const { gguf_free(file); }
};

using GgufFile = std::unique_ptr<gguf_context, FreeGguf>;

// Formats that every backend multiplies with.
bool is_usable(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F32:
        case GGML_TYPE_F16:
        case GGML_TYPE_BF16:
        case GGML_TYPE_Q8_0:
        case GGML_TYPE_Q5_0:
        case GGML_TYPE_Q5_1:
        case GGML_TYPE_Q4_0:
        case GGML_TYPE_Q4_1: return true;
        default: return false;
    }
}

[[noreturn]] void reject(const std::string & reason) { throw Error(ErrorKind::kLoadFailed, reason); }

void require_type(const gguf_context * file, const char * key, gguf_type type) {
    const int64_t id = gguf_find_key(file, key);
    if (id >= 0 && gguf_get_kv_type(file, id) != type) reject(std::string(key) + " is of another type than it must be");
}

// Weights of experts lie in one tensor of three axes, all others in two; anything else aborts when a graph is built.
void require_shape(const gguf_context * file, int64_t tensor, int64_t experts) {
    const std::string name = gguf_get_tensor_name(file, tensor);
    const int64_t * shape = gguf_get_tensor_ne(file, tensor);
    const bool of_experts = name.find("_exps.") != std::string::npos;
    if (shape[0] < 1 || shape[1] < 1 || shape[2] != (of_experts ? experts : 1) || shape[3] != 1) {
        reject("its tensor " + name + " has a shape that no adapter of this model has");
    }
    const ggml_type type = gguf_get_tensor_type(file, tensor);
    if (!is_usable(type)) reject("its tensor " + name + " is stored as " + ggml_type_name(type) + ", which cannot be computed with");
}

// What llama.cpp takes for granted of an adapter's file and would end the process over.
void require_sound(const Model & model, const std::string & path) {
    clear_log();
    const GgufFile file(gguf_init_from_file(path.c_str(), {true, nullptr}));
    if (!file) reject("its header cannot be read: " + log_lines());
    require_type(file.get(), "general.type", GGUF_TYPE_STRING);
    require_type(file.get(), "general.architecture", GGUF_TYPE_STRING);
    require_type(file.get(), "adapter.type", GGUF_TYPE_STRING);
    require_type(file.get(), "adapter.lora.alpha", GGUF_TYPE_FLOAT32);
    const int64_t alpha = gguf_find_key(file.get(), "adapter.lora.alpha");
    if (alpha >= 0 && !std::isfinite(gguf_get_val_f32(file.get(), alpha))) reject("its alpha is not a number");
    if (gguf_find_key(file.get(), "adapter.alora.invocation_tokens") >= 0) {
        reject("it is an activated LoRA, which works only after certain words; use a plain LoRA");
    }
    const std::string architecture = metadata(model.model, "general.architecture");
    const std::string count = metadata(model.model, architecture + ".expert_count");
    const int64_t experts = std::max(1L, std::strtol(count.c_str(), nullptr, 10));
    const int64_t tensors = gguf_get_n_tensors(file.get());
    if (tensors == 0) reject("it has no tensors");
    for (int64_t i = 0; i < tensors; i++) require_shape(file.get(), i, experts);
}

}  // namespace

AdapterSet::AdapterSet(const Model & model, int32_t count, const int32_t * indices, const float * scales)
    : scales(scales, scales + count) {
    for (int32_t i = 0; i < count; i++) {
        if (indices[i] < 0 || indices[i] >= static_cast<int32_t>(model.adapters.size())) refuse("unknown adapter");
        adapters.push_back(model.adapters[indices[i]]);
    }
}

void AdapterSet::apply(llama_context * context) {
    llama_set_adapters_lora(context, adapters.data(), adapters.size(), scales.data());
}

}  // namespace hearth

using namespace hearth;

// Returns the adapter's index. It lives as long as the model, which frees it.
HEARTH_API int32_t hearth_adapter_load(Model * model, const char * path, int64_t length) {
    return guard(ErrorKind::kLoadFailed, kFailure, [&] {
        const std::string file = to_string(path, length);
        require_sound(*model, file);
        clear_log();
        llama_adapter_lora * adapter = llama_adapter_lora_init(model->model, file.c_str());
        if (!adapter) throw Error(ErrorKind::kLoadFailed, log_lines());
        model->adapters.push_back(adapter);
        return static_cast<int32_t>(model->adapters.size()) - 1;
    });
}

// From the next decode on the context computes with these adapters and no others.
HEARTH_API int32_t hearth_context_adapt(Context * context, int32_t count, const int32_t * indices, const float * scales) {
    return guard(ErrorKind::kInference, kFailure, [&] {
        AdapterSet(*context->model, count, indices, scales).apply(context->context);
        return 0;
    });
}
