#include "sampler.h"

#include <climits>
#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

// Windows of penalties are buffers of this many tokens at most; −1 asks for the whole of it.
constexpr int32_t kMaxPenaltyWindow = 32768;
// A bias of −100 or less bans its token, as OpenAI's API has it.
constexpr float kBanningBias = -100.0f;
// A seed of all ones would make llama.cpp draw its own.
constexpr uint32_t kReplacementSeed = 0x7fffffff;

bool has(const json & object, const char * key) { return object.contains(key) && !object.at(key).is_null(); }

// JSON has null where JavaScript had NaN or an infinity.
double number(const json & from, const char * key) {
    if (!from.at(key).is_number()) refuse(std::string(key) + " must be a finite number");
    return from.at(key).get<double>();
}

void read(const json & from, const char * key, float & to) {
    if (!from.contains(key)) return;
    to = static_cast<float>(number(from, key));
    if (!std::isfinite(to)) refuse(std::string(key) + " is out of range");
}

void read(const json & from, const char * key, int32_t & to) {
    if (!from.contains(key)) return;
    const double value = number(from, key);
    if (!(value >= INT32_MIN && value <= INT32_MAX)) refuse(std::string(key) + " is out of range");
    to = static_cast<int32_t>(value);
}

int32_t window(int32_t tokens) { return tokens < 0 ? kMaxPenaltyWindow : std::min(tokens, kMaxPenaltyWindow); }

void read_sampling(const json & from, common_params_sampling & to) {
    read(from, "temperature", to.temp);
    read(from, "topK", to.top_k);
    read(from, "topP", to.top_p);
    read(from, "minP", to.min_p);
    read(from, "typicalP", to.typ_p);
    read(from, "topNSigma", to.top_n_sigma);
    read(from, "repeatPenalty", to.penalty_repeat);
    read(from, "repeatLastTokens", to.penalty_last_n);
    read(from, "frequencyPenalty", to.penalty_freq);
    read(from, "presencePenalty", to.penalty_present);
    read(from, "dryMultiplier", to.dry_multiplier);
    read(from, "dryBase", to.dry_base);
    read(from, "dryAllowedLength", to.dry_allowed_length);
    read(from, "dryPenaltyLastTokens", to.dry_penalty_last_n);
    read(from, "xtcProbability", to.xtc_probability);
    read(from, "xtcThreshold", to.xtc_threshold);
    read(from, "dynamicTemperatureRange", to.dynatemp_range);
    read(from, "dynamicTemperatureExponent", to.dynatemp_exponent);
    read(from, "mirostat", to.mirostat);
    read(from, "mirostatTau", to.mirostat_tau);
    read(from, "mirostatEta", to.mirostat_eta);
    if (has(from, "drySequenceBreakers")) {
        to.dry_sequence_breakers = from.at("drySequenceBreakers").get<std::vector<std::string>>();
    }
    if (!(to.penalty_repeat > 0)) refuse("repeatPenalty must be greater than 0");
    if (to.mirostat < 0 || to.mirostat > 2) refuse("mirostat must be 0, 1 or 2");
    to.penalty_last_n = window(to.penalty_last_n);
    to.dry_penalty_last_n = window(to.dry_penalty_last_n);
}

void read_biases(const json & sampling, const Model & model, common_params_sampling & to) {
    if (has(sampling, "logitBias")) {
        for (const auto & entry : sampling.at("logitBias")) {
            int32_t token = -1;
            float bias = 0;
            read(entry, "token", token);
            read(entry, "bias", bias);
            if (token < 0 || token >= model.n_vocab) {
                refuse("logit_bias names token " + std::to_string(token) + "; the vocabulary has " +
                       std::to_string(model.n_vocab));
            }
            to.logit_bias.push_back({token, bias <= kBanningBias ? -INFINITY : bias});
        }
    }
    if (!sampling.value("ignoreEndOfSequence", false)) return;
    for (llama_token token = 0; token < model.n_vocab; token++) {
        if (llama_vocab_is_eog(model.vocab, token)) to.logit_bias.push_back({token, -INFINITY});
    }
}

common_grammar_type grammar_type(const std::string & source) {
    if (source == "user") return COMMON_GRAMMAR_TYPE_USER;
    if (source == "tools") return COMMON_GRAMMAR_TYPE_TOOL_CALLS;
    return COMMON_GRAMMAR_TYPE_OUTPUT_FORMAT;
}

common_grammar_trigger read_trigger(const json & from, const Model & model) {
    common_grammar_trigger trigger;
    trigger.type = static_cast<common_grammar_trigger_type>(from.at("type").get<int>());
    trigger.value = from.at("value").get<std::string>();
    if (trigger.type < COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN || trigger.type > COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL) {
        refuse("unknown type of grammar trigger");
    }
    if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN || trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD) {
        const auto tokens = tokenize(model, trigger.value, false, true);
        if (tokens.size() == 1) {
            trigger.type = COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN;
            trigger.token = tokens[0];
        } else {
            trigger.type = COMMON_GRAMMAR_TRIGGER_TYPE_WORD;
        }
    }
    return trigger;
}

// llama.cpp aborts when an end token is fed to a grammar that is not at its end.
void require_no_end_token(const Model & model, const std::string & generation_prompt) {
    for (const llama_token token : tokenize(model, generation_prompt, false, true)) {
        if (llama_vocab_is_eog(model.vocab, token)) {
            refuse("the chat template ends the message before the answer begins; it cannot be used with a grammar");
        }
    }
}

void read_grammar(const json & from, const Model & model, common_params_sampling & to) {
    const auto text = from.at("text").get<std::string>();
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) refuse("the grammar is empty");
    if (text.find('\0') != std::string::npos) refuse("the grammar contains a NUL character");
    // llama.cpp aborts the process on these where it was built without their library.
    if (text.rfind("%llguidance", 0) == 0) refuse("llguidance grammars are not supported; use GBNF");
    require_shallow_grammar(text);
    to.grammar = {grammar_type(from.value("source", "user")), text};
    to.grammar_lazy = from.value("lazy", false);
    if (has(from, "triggers")) {
        for (const auto & trigger : from.at("triggers")) to.grammar_triggers.push_back(read_trigger(trigger, model));
    }
    if (to.grammar_lazy && to.grammar_triggers.empty()) refuse("a lazy grammar needs a trigger");
    if (!to.grammar_lazy && common_grammar_needs_prefill(to.grammar)) require_no_end_token(model, to.generation_prompt);
}

void read_reasoning(const json & from, const Model & model, common_params_sampling & to) {
    to.reasoning_budget_tokens = std::max(-1, from.at("tokens").get<int32_t>());
    to.reasoning_budget_start = tokenize(model, from.at("startTag").get<std::string>(), false, true);
    for (const auto & tag : from.at("endTags")) {
        auto tokens = tokenize(model, tag.get<std::string>(), false, true);
        if (!tokens.empty()) to.reasoning_budget_end.push_back(std::move(tokens));
    }
    if (!to.reasoning_budget_end.empty()) to.reasoning_budget_forced = to.reasoning_budget_end.front();
}

}  // namespace

void read_options(const json & options, Sampler & sampler) {
    auto & params = sampler.params;
    params.no_perf = true;
    params.seed = options.at("seed").get<uint32_t>();
    if (params.seed == LLAMA_DEFAULT_SEED) params.seed = kReplacementSeed;
    params.generation_prompt = options.value("generationPrompt", "");
    const json & sampling = options.at("sampling");
    read_sampling(sampling, params);
    read_biases(sampling, *sampler.model, params);
    if (has(options, "grammar")) read_grammar(options.at("grammar"), *sampler.model, params);
    if (has(options, "reasoningBudget")) read_reasoning(options.at("reasoningBudget"), *sampler.model, params);
    sampler.top_logprobs = has(options, "topLogprobs") ? options.at("topLogprobs").get<int32_t>() : 0;
    sampler.records = has(options, "topLogprobs") || options.value("entropy", false);
}

}  // namespace hearth
