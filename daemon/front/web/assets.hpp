/// The pages and what they load, embedded in the binary.
#pragma once
#include "http/static_pages.hpp"

#include <span>
#include <string_view>

namespace wardroom::front {

/// `/`, `/me`, `/dashboard` and everything under `/assets/`, whose names change with their content.
std::span<http::Asset const> web_assets();

/// The error page before `error_page` has filled it in.
std::string_view error_page_template();

}  // namespace wardroom::front
