#include "context.h"

#include "ggml-backend.h"

#include <map>

// Declared in llama.cpp's src/llama-ext.h, which is not among its public headers; exported by its library.
struct llama_memory_breakdown_data {
    size_t model = 0;
    size_t context = 0;
    size_t compute = 0;
};
LLAMA_API std::map<ggml_backend_buffer_type_t, llama_memory_breakdown_data> llama_get_memory_breakdown(
    const llama_context * context);

using namespace hearth;

// JSON list of what llama.cpp holds in bytes on each device that it uses for this context and its model.
HEARTH_API int64_t hearth_context_memory(const Context * context) {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [&] {
        std::map<std::string, llama_memory_breakdown_data> held;
        for (const auto & [buffer, bytes] : llama_get_memory_breakdown(context->context)) {
            ggml_backend_dev_t device = ggml_backend_buft_is_host(buffer) ? nullptr : ggml_backend_buft_get_device(buffer);
            auto & sum = held[device ? ggml_backend_dev_name(device) : "CPU"];
            sum.model += bytes.model;
            sum.context += bytes.context;
            sum.compute += bytes.compute;
        }
        json devices = json::array();
        for (const auto & [name, bytes] : held) {
            devices.push_back({{"device", name},
                               {"modelBytes", bytes.model},
                               {"contextBytes", bytes.context},
                               {"computeBytes", bytes.compute}});
        }
        return set_text(devices.dump_safe());
    });
}
