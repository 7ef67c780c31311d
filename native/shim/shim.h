// What the files of the shim share. The exported functions form a flat C ABI: pointers, numbers and byte ranges with
// their lengths. No C++ exception leaves them; a failed call returns `kFailure` or nullptr and leaves its reason for
// hearth_error. Structured results are JSON, left for hearth_text until the next call of the same thread.
#pragma once

#include "json.h"
#include "llama.h"

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#define HEARTH_API extern "C" __attribute__((visibility("default")))

namespace hearth {

using json = common_json;

constexpr int32_t kFailure = -1;
// JSON and grammars deeper than this, of a request or of a model, could overflow the stack of a recursive parser.
constexpr int kMaxNesting = 128;

// The numbers are part of the ABI.
enum class ErrorKind : int32_t { kInvalidRequest = 1, kLoadFailed = 2, kInference = 3, kOutOfMemory = 4 };

struct Error : std::runtime_error {
    ErrorKind kind;
    Error(ErrorKind kind, const std::string & message) : std::runtime_error(message), kind(kind) {}
};

[[noreturn]] inline void refuse(const std::string & message) { throw Error(ErrorKind::kInvalidRequest, message); }

void set_error(ErrorKind kind, const char * message) noexcept;

// Leaves `text` for hearth_text and returns its length in bytes.
int64_t set_text(std::string text);

// Runs `body`; an exception becomes the thread's last error and `failure` the result.
template <typename Result, typename Body>
Result guard(ErrorKind kind, Result failure, Body && body) noexcept {
    try {
        return body();
    } catch (const Error & error) {
        set_error(error.kind, error.what());
    } catch (const std::bad_alloc &) {
        set_error(ErrorKind::kOutOfMemory, "out of memory");
    } catch (const std::exception & error) {
        set_error(kind, error.what());
    } catch (...) {
        set_error(kind, "unknown native error");
    }
    return failure;
}

// Error and warning lines that llama.cpp logged since the last call of clear_log.
void clear_log();
std::string log_lines();

// Takes what is written to stderr while it lives: llama.cpp's grammar parser gives its reasons nowhere else.
class StderrCapture {
  public:
    StderrCapture();
    ~StderrCapture();
    StderrCapture(const StderrCapture &) = delete;
    StderrCapture & operator=(const StderrCapture &) = delete;
    std::string text();

  private:
    int saved = -1;
    int reader = -1;
};

struct Model {
    llama_model * model = nullptr;
    const llama_vocab * vocab = nullptr;
    int32_t n_vocab = 0;
    // False where the file asks for special tokens that it does not define: adding them would abort.
    bool can_add_special = true;
    // Loaded for this model and freed with it; contexts name them by index.
    std::vector<llama_adapter_lora *> adapters;
};

std::string to_string(const char * text, int64_t length);
std::vector<llama_token> tokenize(const Model & model, std::string_view text, bool add_special, bool parse_special);
std::string metadata(const llama_model * model, const std::string & key);

// Parses JSON that came from a request.
json parse_request(const std::string & text);
void require_shallow_json(std::string_view text);
bool is_shallow(std::string_view text);
void require_shallow_grammar(std::string_view text);

}  // namespace hearth
