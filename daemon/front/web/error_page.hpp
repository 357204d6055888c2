/// The page a browser gets when something went wrong: what, and what to do about it.
#pragma once
#include "http/message.hpp"

#include <string_view>

namespace wardroom::front {

/// Every text is escaped here. `title` says what happened, `remedy` what to do; both are sentences.
http::Response error_page(int status, std::string_view title, std::string_view message,
                          std::string_view remedy = "");

}  // namespace wardroom::front
