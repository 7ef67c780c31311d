#pragma once

#include "context.h"
#include "logits.h"
#include "sampling.h"

#include <deque>
#include <random>
#include <unordered_map>

namespace hearth {

// What the raw logits said of one token, before any sampler.
struct Record {
    llama_token token = LLAMA_TOKEN_NULL;
    float logprob = 0;
    float entropy = 0;
    std::vector<Candidate> top;
};

void record_row(Row & row, llama_token token, int32_t top, Record & record);

struct Sampler {
    const Model * model = nullptr;
    common_params_sampling params;
    bool records = false;
    int32_t top_logprobs = 0;
    // Of the tokens sampled, oldest first, until they are taken.
    std::deque<Record> untaken;
    std::string failure;

    // The fast path's own state; unused where `chain` is set.
    std::mt19937 random;
    std::deque<llama_token> recent;
    std::unordered_map<llama_token, int32_t> counts;

    // llama.cpp's chain, for what the fast path does not do.
    common_sampler_ptr chain;

    bool penalises() const;
    void accept(llama_token token);
    llama_token sample(const Context & context, int32_t batch_index);

  private:
    llama_token sample_fast(float * logits, Row & row);
    llama_token sample_chain(llama_context * context, int32_t batch_index);
};

// Draws one token as llama.cpp's chain top-k, top-p, min-p, temperature would, from the same random numbers.
llama_token draw(Row & row, const common_params_sampling & params, std::mt19937 & random);

// Reads the JSON of SamplerOptions (backend.ts).
void read_options(const json & options, Sampler & sampler);

}  // namespace hearth
