#include "shim.h"

#include "common.h"
#include "ggml-backend.h"
#include "log.h"

#include <algorithm>
#include <deque>
#include <mutex>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__
#include <csignal>
#include <sys/prctl.h>
#endif

namespace hearth {
namespace {

constexpr size_t kMaxLogLines = 16;

thread_local ErrorKind last_error_kind = ErrorKind::kInference;
thread_local std::string last_error;
thread_local std::string last_text;

// llama.cpp also logs from its own threads.
std::mutex log_mutex;
std::deque<std::string> recent_log;
bool continues_kept_line = false;

void keep_log(ggml_log_level level, const char * text, void *) {
    const std::lock_guard lock(log_mutex);
    if (level == GGML_LOG_LEVEL_CONT) {
        if (continues_kept_line && !recent_log.empty()) recent_log.back() += text;
        return;
    }
    continues_kept_line = level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN;
    if (!continues_kept_line) return;
    recent_log.emplace_back(text);
    if (recent_log.size() > kMaxLogLines) recent_log.pop_front();
}

// Deepest nesting of brackets outside strings; grammars also have character classes and comments to skip.
int nesting(std::string_view text, bool grammar) {
    int depth = 0, deepest = 0;
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        const bool opens_class = grammar && c == '[';
        if (c == '"' || opens_class) {
            const char end = opens_class ? ']' : '"';
            for (i++; i < text.size() && text[i] != end; i++) i += text[i] == '\\';
        } else if (grammar && c == '#') {
            while (i < text.size() && text[i] != '\n') i++;
        } else if (c == '(' || c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (c == ')' || c == ']' || c == '}') {
            depth--;
        }
    }
    return deepest;
}

}  // namespace

void set_error(ErrorKind kind, const char * message) noexcept {
    last_error_kind = kind;
    try {
        last_error = message;
    } catch (...) {
        last_error.clear();
    }
}

int64_t set_text(std::string text) {
    last_text = std::move(text);
    return static_cast<int64_t>(last_text.size());
}

void clear_log() {
    const std::lock_guard lock(log_mutex);
    recent_log.clear();
}

std::string log_lines() {
    const std::lock_guard lock(log_mutex);
    std::string lines;
    for (const auto & line : recent_log) lines += line;
    while (!lines.empty() && lines.back() == '\n') lines.pop_back();
    return lines;
}

StderrCapture::StderrCapture() {
    int ends[2];
    if (pipe(ends) != 0) return;
    reader = ends[0];
    // What does not fit into the pipe is dropped instead of blocking.
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    std::fflush(stderr);
    saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

StderrCapture::~StderrCapture() {
    if (reader < 0) return;
    std::fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(reader);
}

std::string StderrCapture::text() {
    std::string text(4096, '\0');
    std::fflush(stderr);
    const ssize_t size = reader < 0 ? 0 : read(reader, text.data(), text.size());
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
}

std::string to_string(const char * text, int64_t length) {
    return length > 0 ? std::string(text, static_cast<size_t>(length)) : std::string();
}

// Of text that may have a quotation mark anywhere, so brackets inside strings count too.
bool is_shallow(std::string_view text) {
    int depth = 0;
    for (const char c : text) {
        if (c == '(' || c == '[' || c == '{') depth++;
        if (c == ')' || c == ']' || c == '}') depth = std::max(0, depth - 1);
        if (depth > kMaxNesting) return false;
    }
    return true;
}

void require_shallow_json(std::string_view text) {
    if (nesting(text, false) > kMaxNesting) {
        refuse("the request nests deeper than " + std::to_string(kMaxNesting) + " levels; flatten its schemas");
    }
}

void require_shallow_grammar(std::string_view text) {
    if (nesting(text, true) > kMaxNesting) {
        refuse("the grammar nests deeper than " + std::to_string(kMaxNesting) + " levels; split it into rules");
    }
}

json parse_request(const std::string & text) {
    require_shallow_json(text);
    return json::parse(text);
}

}  // namespace hearth

using namespace hearth;

// Loads the best CPU variant and every GPU backend found in the folder, once a process. Nothing is printed from here on.
HEARTH_API int32_t hearth_init(const char * dir, int64_t length) {
    return guard(ErrorKind::kLoadFailed, kFailure, [&] {
        if (ggml_backend_dev_count() > 0) return 0;
        // An abort would otherwise start a debugger and keep the server waiting for this process to end.
        setenv("GGML_NO_BACKTRACE", "1", 0);
        llama_log_set(keep_log, nullptr);
        common_log_set_verbosity_thold(-1);
        ggml_backend_load_all_from_path(to_string(dir, length).c_str());
        if (ggml_backend_dev_count() == 0) {
            throw Error(ErrorKind::kLoadFailed, "no compute backend in " + to_string(dir, length));
        }
        llama_backend_init();
        return 0;
    });
}

// Has the kernel kill this process when its parent dies; other systems notice the closed IPC channel instead.
HEARTH_API void hearth_die_with_parent() {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

// Cores that are worth a thread: physical ones, and only the fast kind where there are two.
HEARTH_API int32_t hearth_default_threads() { return common_cpu_get_num_math(); }

HEARTH_API int32_t hearth_error_kind() { return static_cast<int32_t>(last_error_kind); }
HEARTH_API const char * hearth_error() { return last_error.data(); }
HEARTH_API int64_t hearth_error_length() { return static_cast<int64_t>(last_error.size()); }
HEARTH_API const char * hearth_text() { return last_text.data(); }

// JSON list of the devices that ggml found.
HEARTH_API int64_t hearth_devices() {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [] {
        json devices = json::array();
        for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
            ggml_backend_dev_t device = ggml_backend_dev_get(i);
            const auto type = ggml_backend_dev_type(device);
            size_t free = 0, total = 0;
            ggml_backend_dev_memory(device, &free, &total);
            devices.push_back({{"name", ggml_backend_dev_name(device)},
                               {"description", ggml_backend_dev_description(device)},
                               {"gpu", type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU},
                               {"freeBytes", free},
                               {"totalBytes", total}});
        }
        return set_text(devices.dump_safe());
    });
}
