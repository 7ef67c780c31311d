#include "shim.h"

#include "chat.h"

#include <memory>
#include <random>
#include <set>

namespace hearth {
namespace {

constexpr int kIdLength = 24;
constexpr char kIdAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string make_call_id() {
    static thread_local std::random_device device;
    std::uniform_int_distribution<size_t> pick(0, sizeof kIdAlphabet - 2);
    std::string id = "call_";
    for (int i = 0; i < kIdLength; i++) id += kIdAlphabet[pick(device)];
    return id;
}

struct Answer {
    common_chat_parser_params params;
    common_chat_msg message;
    std::vector<std::string> call_ids;
    // Calls whose id and name have been given out.
    std::set<size_t> announced;

    json parse(const std::string & text, bool final);

  private:
    void add_call(json & deltas, size_t index, const std::string & arguments, bool final);
    bool is_whole(const common_chat_msg & parsed) const;
    json rest_as_text(const std::string & text) const;
};

void add_text(json & deltas, const char * type, const std::string & text) {
    if (!text.empty()) deltas.push_back({{"type", type}, {"text", text}});
}

// A name may still grow while no argument follows it, and the parser opens the arguments before there are any, so a
// call is announced with its first argument or at the end.
void Answer::add_call(json & deltas, size_t index, const std::string & arguments, bool final) {
    const auto & call = message.tool_calls[index];
    const bool is_new = announced.count(index) == 0;
    if (is_new ? call.name.empty() || (call.arguments.size() < 2 && !final) : arguments.empty()) return;
    json delta = {{"type", "tool-call"}, {"index", index}};
    if (is_new) {
        announced.insert(index);
        delta["id"] = call.id;
        delta["name"] = call.name;
        delta["argumentsDelta"] = call.arguments;
    } else {
        delta["argumentsDelta"] = arguments;
    }
    deltas.push_back(delta);
}

// The parser forgives calls that were cut off; one that nobody has heard of yet is better left as text.
bool Answer::is_whole(const common_chat_msg & parsed) const {
    for (size_t i = 0; i < parsed.tool_calls.size(); i++) {
        if (announced.count(i) == 0 && json::parse_no_throw(parsed.tool_calls[i].arguments).is_discarded()) return false;
    }
    return true;
}

json Answer::parse(const std::string & text, bool final) {
    json deltas = json::array();
    if (!is_shallow(text)) return final ? rest_as_text(text) : deltas;
    try {
        auto parsed = common_chat_parse(text, !final, params);
        if (!params.parse_tool_calls) parsed.tool_calls.clear();
        if (parsed.empty()) return final && !text.empty() ? rest_as_text(text) : deltas;
        parsed.set_tool_call_ids(call_ids, make_call_id);
        if (final && !is_whole(parsed)) return rest_as_text(text);
        const auto diffs = common_chat_msg_diff::compute_diffs(message, parsed);
        message = std::move(parsed);
        for (const auto & diff : diffs) {
            add_text(deltas, "reasoning", diff.reasoning_content_delta);
            add_text(deltas, "text", diff.content_delta);
            if (diff.tool_call_index == std::string::npos) continue;
            for (size_t i = 0; i < diff.tool_call_index; i++) add_call(deltas, i, "", true);
            add_call(deltas, diff.tool_call_index, diff.tool_call_delta.arguments, final);
        }
        for (size_t i = 0; final && i < message.tool_calls.size(); i++) add_call(deltas, i, "", true);
        return deltas;
    } catch (const std::exception &) {
        return final ? rest_as_text(text) : json::array();
    }
}

// Finds how far into the text the parts given out so far reach, and gives out what is behind that as it stands.
json Answer::rest_as_text(const std::string & text) const {
    size_t reached = 0;
    const auto pass = [&](const std::string & part) {
        const size_t found = part.empty() ? std::string::npos : text.find(part, reached);
        if (found != std::string::npos) reached = found + part.size();
    };
    pass(message.reasoning_content);
    pass(message.content);
    for (const size_t index : announced) pass(message.tool_calls[index].arguments);
    json deltas = json::array();
    add_text(deltas, "text", text.substr(reached));
    return deltas;
}

}  // namespace
}  // namespace hearth

using namespace hearth;

// Takes the `parser` that hearth_chat_render returned.
HEARTH_API Answer * hearth_answer_new(const char * options, int64_t length) {
    return guard(ErrorKind::kInvalidRequest, static_cast<Answer *>(nullptr), [&] {
        const json from = json::parse(to_string(options, length));
        auto answer = std::make_unique<Answer>();
        auto & params = answer->params;
        params.format = static_cast<common_chat_format>(from.at("format").get<int>());
        params.generation_prompt = from.at("generationPrompt").get<std::string>();
        params.reasoning_format =
            from.at("splitReasoning").get<bool>() ? COMMON_REASONING_FORMAT_DEEPSEEK : COMMON_REASONING_FORMAT_NONE;
        params.parse_tool_calls = from.at("parseToolCalls").get<bool>();
        params.is_continuation = from.at("continues").get<bool>();
        const auto parser = from.at("parser").get<std::string>();
        if (!parser.empty()) params.parser.load(parser);
        // What the template wrote of a continued message is not news.
        if (params.is_continuation) answer->message = common_chat_parse("", true, params);
        return answer.release();
    });
}

HEARTH_API void hearth_answer_free(Answer * answer) { delete answer; }

HEARTH_API int64_t hearth_answer_parse(Answer * answer, const char * text, int64_t length, int32_t final) {
    return guard(ErrorKind::kInference, int64_t{kFailure}, [&] {
        return set_text(answer->parse(to_string(text, length), final != 0).dump_safe());
    });
}
