/// Reads the JSON of OAuth endpoints without trusting it: numbers as strings, words in either
/// shape. Pure.
#pragma once
#include "base/error.hpp"
#include "http/client.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::oauth {

/// Seconds as a number, or as digits in a string; ten years at most, nullopt for anything else.
std::optional<std::int64_t> seconds_of(nlohmann::json const& body, char const* key);
/// Empty when it is absent or no text.
std::string text_of(nlohmann::json const& body, char const* key);

/// What the body says in words, one entry a sentence: Webex's shape and RFC 6749's.
std::vector<std::string> sentences_of(nlohmann::json const& body);
std::string joined_sentences(std::vector<std::string> const& sentences);

std::string lower_case(std::string_view text);
/// Fit for a log line: printable, short, without anything that looks like a token.
std::string fit_for_log(std::string_view words);

/// "<who> answered 400: <words> (tracking id …)".
Error endpoint_error(ErrorKind kind, std::string_view who, http::ClientResponse const& answer,
                     std::string_view words);

}  // namespace wardroom::oauth
