#include "shim.h"

#include "chat.h"
#include "json-schema-to-grammar.h"

#include <cctype>
#include <memory>

namespace hearth {
namespace {

struct Chat {
    const Model * model;
    common_chat_templates_ptr templates;
    bool tools = false;
    bool reasoning = false;
    // Messages alone give plain text: the template needs no analysis to render them.
    bool plain = false;
    std::vector<std::string> plain_stops;
    std::vector<std::string> plain_preserved;
};

bool text_equals(const json & request, const char * key, const char * value) { return request.value(key, "") == value; }

common_chat_msg message(const char * role, const char * content) {
    common_chat_msg result;
    result.role = role;
    result.content = content;
    return result;
}

json preserved_tokens(const Model & model, const std::vector<std::string> & texts) {
    json tokens = json::array();
    for (const auto & text : texts) {
        const auto ids = tokenize(model, text, false, true);
        if (ids.size() == 1) tokens.push_back(ids[0]);
    }
    return tokens;
}

json triggers(const std::vector<common_grammar_trigger> & from) {
    json list = json::array();
    for (const auto & trigger : from) list.push_back({{"type", static_cast<int>(trigger.type)}, {"value", trigger.value}});
    return list;
}

// A schema that is not an object would be passed over in silence further down.
std::string read_schema(const json & request) {
    if (!request.contains("jsonSchema")) return "";
    json schema = parse_request(request.at("jsonSchema").get<std::string>());
    if (schema.is_boolean() && schema.get<bool>()) schema = json::object();
    if (!schema.is_object()) refuse("the JSON schema must be an object");
    if (schema.empty()) schema["type"] = "object";
    return schema.dump();
}

// llama-common only prints a warning about the parts of a schema that it will not enforce.
template <typename Convert>
auto converting_schema(bool must_hold, Convert && convert) {
    StderrCapture printed;
    auto result = convert();
    std::string warning = printed.text();
    while (!warning.empty() && warning.back() == '\n') warning.pop_back();
    if (must_hold && !warning.empty()) refuse("the JSON schema cannot be enforced: " + warning);
    return result;
}

common_chat_templates_inputs read_inputs(const json & request) {
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    if (inputs.messages.empty()) refuse("a chat needs at least one message");
    for (const auto & message : inputs.messages) {
        for (const auto & call : message.tool_calls) require_shallow_json(call.arguments);
    }
    inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
    inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(request.at("toolChoice").get<std::string>());
    inputs.parallel_tool_calls = request.value("parallelToolCalls", false);
    inputs.add_generation_prompt = request.value("addGenerationPrompt", true);
    inputs.json_schema = read_schema(request);
    inputs.reasoning_format = text_equals(request, "reasoningFormat", "inline") ? COMMON_REASONING_FORMAT_NONE
                                                                                : COMMON_REASONING_FORMAT_DEEPSEEK;
    if (request.value("continueFinalMessage", false)) {
        if (inputs.add_generation_prompt) refuse("a message cannot be continued and a new one begun");
        if (inputs.messages.back().role != "assistant") refuse("only an assistant message can be continued");
        if (!inputs.messages.back().tool_calls.empty()) refuse("a message with tool calls cannot be continued");
        inputs.continue_final_message = COMMON_CHAT_CONTINUATION_AUTO;
    }
    for (const auto & item : request.at("templateVariables").items()) {
        inputs.chat_template_kwargs[item.key()] = item.value().dump();
    }
    const auto thinking = inputs.chat_template_kwargs.find("enable_thinking");
    if (thinking != inputs.chat_template_kwargs.end()) {
        if (thinking->second != "true" && thinking->second != "false") refuse("enable_thinking must be true or false");
        inputs.enable_thinking = thinking->second == "true";
    }
    if (request.contains("reasoningEnabled")) inputs.enable_thinking = request.at("reasoningEnabled").get<bool>();
    const std::string effort = request.value("reasoningEffort", "");
    if (effort == "none") inputs.enable_thinking = false;
    else if (!effort.empty()) inputs.chat_template_kwargs["reasoning_effort"] = json(effort).dump();
    return inputs;
}

// Whether the parser does nothing but take off the generation prompt and keep the rest.
bool is_plain_text(const common_chat_params & params) {
    if (params.format != COMMON_CHAT_FORMAT_PEG_NATIVE && params.format != COMMON_CHAT_FORMAT_CONTENT_ONLY) return false;
    if (params.parser.empty()) return true;
    const json arena = json::parse(params.parser);
    const json & parsers = arena.at("parsers");
    const json & root = parsers.at(arena.at("root").get<size_t>());
    if (root.at("type").get<std::string>() != "sequence") return false;
    std::string shape;
    for (const auto & id : root.at("children")) {
        const json & part = parsers.at(id.get<size_t>());
        const auto type = part.at("type").get<std::string>();
        if (type == "epsilon") continue;
        shape += type + " ";
        if (type == "literal" && part.at("literal").get<std::string>() != params.generation_prompt) return false;
        if (type != "tag") continue;
        const json & child = parsers.at(part.at("child").get<size_t>());
        if (part.at("tag").get<std::string>() != "content" || child.at("type").get<std::string>() != "until" ||
            !child.at("delimiters").empty()) {
            return false;
        }
    }
    return shape == "literal tag end " || (shape == "tag end " && params.generation_prompt.empty());
}

// Renders a short conversation to learn what the template can do; throws where it cannot even do that.
void learn(Chat & chat) {
    auto caps = common_chat_templates_get_caps(chat.templates.get());
    chat.tools = caps["supports_tools"] || caps["supports_tool_calls"];
    common_chat_templates_inputs inputs;
    inputs.messages = {message("user", "one"), message("assistant", "two"), message("user", "three")};
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    const auto analysed = common_chat_templates_apply(chat.templates.get(), inputs);
    chat.reasoning = analysed.supports_thinking;
    if (analysed.supports_thinking || !is_plain_text(analysed)) return;
    inputs.force_pure_content = true;
    const auto forced = common_chat_templates_apply(chat.templates.get(), inputs);
    chat.plain = forced.prompt == analysed.prompt && forced.generation_prompt == analysed.generation_prompt;
    chat.plain_stops = analysed.additional_stops;
    chat.plain_preserved = analysed.preserved_tokens;
}

bool renders_plainly(const Chat & chat, const common_chat_templates_inputs & inputs) {
    return chat.plain && inputs.tools.empty() && inputs.chat_template_kwargs.empty() &&
           inputs.continue_final_message == COMMON_CHAT_CONTINUATION_NONE && inputs.enable_thinking;
}

// The analysis of a template takes milliseconds, so it is left out where its outcome is known.
// A schema's grammar then holds the answer alone: one that begins with the generation prompt cannot be advanced over it
// where the vocabulary splits that prompt in another way than the answer.
common_chat_params apply(const Chat & chat, common_chat_templates_inputs inputs) {
    if (!renders_plainly(chat, inputs)) {
        return converting_schema(!inputs.json_schema.empty(),
                                 [&] { return common_chat_templates_apply(chat.templates.get(), inputs); });
    }
    inputs.force_pure_content = true;
    inputs.json_schema.clear();
    auto params = common_chat_templates_apply(chat.templates.get(), inputs);
    params.parser.clear();
    params.additional_stops = chat.plain_stops;
    params.preserved_tokens = chat.plain_preserved;
    return params;
}

// Where a call is required, llama-common still lets the model talk before it, without end if it likes.
std::string without_talk_before_call(const std::string & grammar) {
    static const std::string root = "root ::= ", talk = " until-";
    const size_t begin = grammar.rfind(root, 0) == 0 ? 0 : grammar.find("\n" + root);
    if (begin == std::string::npos) return grammar;
    const size_t end = grammar.find('\n', begin + 1), start = grammar.find(talk, begin);
    if (start >= end) return grammar;
    size_t after = start + talk.size();
    while (after < grammar.size() && std::isdigit(static_cast<unsigned char>(grammar[after]))) after++;
    if (after >= grammar.size() || grammar[after] != '?') return grammar;
    return grammar.substr(0, start) + grammar.substr(after + 1);
}

json render(const Chat & chat, const json & request) {
    auto inputs = read_inputs(request);
    const std::string grammar = request.value("grammar", "");
    const bool calls_tools = !inputs.tools.empty() && inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_NONE;
    if (calls_tools && !chat.tools) refuse("the model's chat template has no tools");
    if (calls_tools && !grammar.empty()) refuse("a grammar cannot be combined with tools");
    if (!inputs.json_schema.empty() && !grammar.empty()) refuse("a grammar cannot be combined with a JSON schema");
    const auto params = apply(chat, inputs);
    const bool must_call = calls_tools && inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    if (must_call && params.grammar.empty()) refuse("a tool call cannot be forced with the model's chat template");
    json result = {
        {"prompt", params.prompt},
        {"generationPrompt", params.generation_prompt},
        {"stops", params.additional_stops},
        {"preservedTokens", preserved_tokens(*chat.model, params.preserved_tokens)},
        {"preservedTexts", params.preserved_tokens},
        {"reasoningStart", params.thinking_start_tag},
        {"reasoningEnds", params.thinking_end_tags},
    };
    if (!params.grammar.empty()) {
        result["grammar"] = must_call ? without_talk_before_call(params.grammar) : params.grammar;
        result["grammarSource"] = calls_tools ? "tools" : "output";
        result["grammarLazy"] = params.grammar_lazy;
        result["grammarTriggers"] = triggers(params.grammar_triggers);
    } else if (!grammar.empty() || !inputs.json_schema.empty()) {
        const auto convert = [&] { return json_schema_to_grammar(json::parse(inputs.json_schema)); };
        result["grammar"] = grammar.empty() ? converting_schema(true, convert) : grammar;
        result["grammarSource"] = "user";
        result["grammarLazy"] = false;
        result["grammarTriggers"] = json::array();
    }
    const bool continues = inputs.continue_final_message != COMMON_CHAT_CONTINUATION_NONE;
    if (!is_plain_text(params)) {
        result["parser"] = json{{"parser", params.parser},
                                {"format", static_cast<int>(params.format)},
                                {"generationPrompt", params.generation_prompt},
                                {"splitReasoning", inputs.reasoning_format != COMMON_REASONING_FORMAT_NONE},
                                {"parseToolCalls", calls_tools},
                                {"continues", continues}}
                               .dump_safe();
    }
    return result;
}

}  // namespace
}  // namespace hearth

using namespace hearth;

// `source` overrides the model's own template where its length is not 0. A model without any is prompted in ChatML.
HEARTH_API Chat * hearth_chat_new(const Model * model, const char * source, int64_t length) {
    return guard(ErrorKind::kInvalidRequest, static_cast<Chat *>(nullptr), [&] {
        auto chat = std::make_unique<Chat>();
        chat->model = model;
        chat->templates = common_chat_templates_init(model->model, to_string(source, length));
        learn(*chat);
        return chat.release();
    });
}

HEARTH_API void hearth_chat_free(Chat * chat) { delete chat; }

HEARTH_API int64_t hearth_chat_describe(const Chat * chat) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        return set_text(json{{"supportsTools", chat->tools}, {"supportsReasoning", chat->reasoning}}.dump_safe());
    });
}

HEARTH_API int64_t hearth_chat_render(const Chat * chat, const char * request, int64_t length) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure},
                 [&] { return set_text(render(*chat, parse_request(to_string(request, length))).dump_safe()); });
}

HEARTH_API int64_t hearth_schema_to_grammar(const char * schema, int64_t length) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        json request = json::object();
        request["jsonSchema"] = to_string(schema, length);
        const json parsed = json::parse(read_schema(request));
        return set_text(converting_schema(true, [&] { return json_schema_to_grammar(parsed); }));
    });
}

// Leaves the prompt that pairs a query with a document for rerank heads as tokens, as hearth_tokenize does.
HEARTH_API int64_t hearth_rerank_tokens(const Model * model, const char * query, int64_t query_length,
                                        const char * document, int64_t document_length) {
    return guard(ErrorKind::kInvalidRequest, int64_t{kFailure}, [&] {
        std::vector<llama_token> tokens;
        const std::string query_text = to_string(query, query_length), text = to_string(document, document_length);
        if (const char * prompt = llama_model_chat_template(model->model, "rerank")) {
            std::string filled = prompt;
            string_replace_all(filled, "{query}", query_text);
            string_replace_all(filled, "{document}", text);
            tokens = tokenize(*model, filled, false, true);
        } else {
            const llama_vocab * vocab = model->vocab;
            const auto append = [&](const std::vector<llama_token> & more) {
                tokens.insert(tokens.end(), more.begin(), more.end());
            };
            const auto append_if = [&](bool wanted, llama_token token) {
                if (wanted && token != LLAMA_TOKEN_NULL) tokens.push_back(token);
            };
            llama_token end = llama_vocab_eos(vocab);
            if (end == LLAMA_TOKEN_NULL) end = llama_vocab_sep(vocab);
            append_if(llama_vocab_get_add_bos(vocab), llama_vocab_bos(vocab));
            append(tokenize(*model, query_text, false, false));
            append_if(llama_vocab_get_add_eos(vocab), end);
            append_if(llama_vocab_get_add_sep(vocab), llama_vocab_sep(vocab));
            append(tokenize(*model, text, false, false));
            append_if(llama_vocab_get_add_eos(vocab), end);
        }
        set_text(std::string(reinterpret_cast<const char *>(tokens.data()), tokens.size() * sizeof(llama_token)));
        return static_cast<int64_t>(tokens.size());
    });
}
