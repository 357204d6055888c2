/// What gives away people, places and keys by its form alone: taken out of texts.
#pragma once
#include <string>
#include <string_view>

namespace wardroom::ctl {

/// A letter of any language, or a figure.
bool in_word(char c);

/// Mail addresses and what may be a token, a cookie or an id.
std::string without_keys(std::string_view text);

/// Places and phone numbers; times and addresses of machines stay.
std::string without_numbers(std::string_view text);

/// Without runs of bytes that no sentence has.
std::string without_long(std::string_view text);

}  // namespace wardroom::ctl
