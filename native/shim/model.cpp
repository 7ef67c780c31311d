#include "shim.h"

#include <climits>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace hearth {
namespace {

struct SamplingKey {
    llama_model_meta_key key;
    const char * name;
};

constexpr SamplingKey kSamplingKeys[] = {
    {LLAMA_MODEL_META_KEY_SAMPLING_TEMP, "temperature"},
    {LLAMA_MODEL_META_KEY_SAMPLING_TOP_K, "topK"},
    {LLAMA_MODEL_META_KEY_SAMPLING_TOP_P, "topP"},
    {LLAMA_MODEL_META_KEY_SAMPLING_MIN_P, "minP"},
    {LLAMA_MODEL_META_KEY_SAMPLING_XTC_PROBABILITY, "xtcProbability"},
    {LLAMA_MODEL_META_KEY_SAMPLING_XTC_THRESHOLD, "xtcThreshold"},
    {LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_LAST_N, "repeatLastTokens"},
    {LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_REPEAT, "repeatPenalty"},
    {LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT, "mirostat"},
    {LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT_TAU, "mirostatTau"},
    {LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT_ETA, "mirostatEta"},
};

json recommended_sampling(const llama_model * model) {
    json sampling = json::object();
    for (const auto & [key, name] : kSamplingKeys) {
        const std::string text = metadata(model, llama_model_meta_key_str(key));
        char * end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && std::isfinite(value)) sampling[name] = value;
    }
    return sampling;
}

json optional_token(llama_token token) { return token == LLAMA_TOKEN_NULL ? json(nullptr) : json(token); }

json end_tokens(const Model & model) {
    json tokens = json::array();
    for (llama_token token = 0; token < model.n_vocab; token++) {
        if (llama_vocab_is_eog(model.vocab, token)) tokens.push_back(token);
    }
    return tokens;
}

bool add_special_is_safe(const llama_vocab * vocab) {
    const bool has_bos = llama_vocab_bos(vocab) != LLAMA_TOKEN_NULL;
    if (llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_WPM) return has_bos && llama_vocab_sep(vocab) != LLAMA_TOKEN_NULL;
    return (has_bos || !llama_vocab_get_add_bos(vocab)) &&
           (llama_vocab_eos(vocab) != LLAMA_TOKEN_NULL || !llama_vocab_get_add_eos(vocab));
}

json describe(const Model & m) {
    const llama_model * model = m.model;
    const std::string architecture = metadata(model, "general.architecture");
    const std::string pooling = metadata(model, architecture + ".pooling_type");
    char description[256];
    llama_model_desc(model, description, sizeof description);
    return {
        {"architecture", architecture},
        {"description", description},
        {"parameters", llama_model_n_params(model)},
        {"sizeBytes", llama_model_size(model)},
        {"vocabularySize", m.n_vocab},
        {"embeddingLength", llama_model_n_embd_out(model)},
        {"layers", llama_model_n_layer(model)},
        {"trainedContextTokens", llama_model_n_ctx_train(model)},
        {"slidingWindow", llama_model_n_swa(model)},
        {"recurrent", llama_model_is_recurrent(model) || llama_model_is_hybrid(model)},
        {"causal", metadata(model, architecture + ".attention.causal") != "false"},
        {"decodes", llama_model_has_decoder(model) && !llama_model_has_encoder(model) && !llama_model_is_diffusion(model)},
        {"pools", !pooling.empty() && pooling != "0"},
        {"ranks", pooling == std::to_string(LLAMA_POOLING_TYPE_RANK)},
        {"addsBos", llama_vocab_get_add_bos(m.vocab)},
        {"bosToken", optional_token(llama_vocab_bos(m.vocab))},
        {"infillPrefix", optional_token(llama_vocab_fim_pre(m.vocab))},
        {"infillSuffix", optional_token(llama_vocab_fim_suf(m.vocab))},
        {"infillMiddle", optional_token(llama_vocab_fim_mid(m.vocab))},
        {"endTokens", end_tokens(m)},
        {"recommendedSampling", recommended_sampling(model)},
    };
}

void require_tokens(const Model & model, const llama_token * tokens, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (tokens[i] < 0 || tokens[i] >= model.n_vocab) {
            refuse("token " + std::to_string(tokens[i]) + " is outside the vocabulary of " +
                   std::to_string(model.n_vocab) + " tokens");
        }
    }
}

}  // namespace

std::string metadata(const llama_model * model, const std::string & key) {
    char value[128];
    const int32_t length = llama_model_meta_val_str(model, key.c_str(), value, sizeof value);
    return length > 0 && length < static_cast<int32_t>(sizeof value) ? std::string(value) : std::string();
}

std::vector<llama_token> tokenize(const Model & model, std::string_view text, bool add_special, bool parse_special) {
    if (text.size() > INT32_MAX / 2) refuse("the text is longer than 1 GiB");
    const auto length = static_cast<int32_t>(text.size());
    const bool add = add_special && model.can_add_special;
    std::vector<llama_token> tokens(text.size() / 2 + 16);
    int32_t count = llama_tokenize(model.vocab, text.data(), length, tokens.data(), tokens.size(), add, parse_special);
    if (count == INT32_MIN) refuse("the text has more tokens than can be counted");
    if (count < 0) {
        tokens.resize(-count);
        count = llama_tokenize(model.vocab, text.data(), length, tokens.data(), tokens.size(), add, parse_special);
    }
    tokens.resize(std::max(0, count));
    return tokens;
}

}  // namespace hearth

using namespace hearth;

HEARTH_API Model * hearth_model_load(const char * path, int64_t length, int32_t gpu_layers) {
    return guard(ErrorKind::kLoadFailed, static_cast<Model *>(nullptr), [&] {
        clear_log();
        auto params = llama_model_default_params();
        params.n_gpu_layers = gpu_layers;
        // Without layers on it a GPU would still take compute buffers, which is what a model may have failed for before.
        ggml_backend_dev_t no_devices[] = {nullptr};
        if (gpu_layers == 0) params.devices = no_devices;
        auto model = std::make_unique<Model>();
        model->model = llama_model_load_from_file(to_string(path, length).c_str(), params);
        if (!model->model) throw Error(ErrorKind::kLoadFailed, log_lines());
        model->vocab = llama_model_get_vocab(model->model);
        model->n_vocab = llama_vocab_n_tokens(model->vocab);
        if (llama_vocab_type(model->vocab) == LLAMA_VOCAB_TYPE_NONE) {
            llama_model_free(model->model);
            throw Error(ErrorKind::kLoadFailed, "the model has no tokenizer");
        }
        model->can_add_special = add_special_is_safe(model->vocab);
        return model.release();
    });
}

HEARTH_API void hearth_model_free(Model * model) {
    llama_model_free(model->model);
    delete model;
}

HEARTH_API int64_t hearth_model_describe(const Model * model) {
    return guard(ErrorKind::kLoadFailed, int64_t{kFailure}, [&] { return set_text(describe(*model).dump_safe()); });
}

// Leaves the tokens as 32-bit integers for hearth_text and returns how many they are.
HEARTH_API int64_t hearth_tokenize(const Model * model, const char * text, int64_t length, int32_t add_special,
                                   int32_t parse_special) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        const std::string_view view(text, static_cast<size_t>(length));
        const auto tokens = tokenize(*model, view, add_special != 0, parse_special != 0);
        set_text(std::string(reinterpret_cast<const char *>(tokens.data()), tokens.size() * sizeof(llama_token)));
        return static_cast<int64_t>(tokens.size());
    });
}

HEARTH_API int64_t hearth_piece(const Model * model, llama_token token, int32_t special) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        require_tokens(*model, &token, 1);
        std::string piece(64, '\0');
        int32_t length = llama_token_to_piece(model->vocab, token, piece.data(), piece.size(), 0, special != 0);
        if (length < 0) {
            piece.resize(-length);
            length = llama_token_to_piece(model->vocab, token, piece.data(), piece.size(), 0, special != 0);
        }
        piece.resize(std::max(0, length));
        return set_text(std::move(piece));
    });
}

HEARTH_API int64_t hearth_detokenize(const Model * model, const llama_token * tokens, int32_t count) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        require_tokens(*model, tokens, count);
        std::string text(static_cast<size_t>(count) * 8 + 64, '\0');
        int32_t length = llama_detokenize(model->vocab, tokens, count, text.data(), text.size(), false, true);
        if (length < 0) {
            text.resize(-length);
            length = llama_detokenize(model->vocab, tokens, count, text.data(), text.size(), false, true);
        }
        text.resize(std::max(0, length));
        return set_text(std::move(text));
    });
}
