/// The pages and what they load, embedded in the binary.
#pragma once
#include "http/static_pages.hpp"

#include <span>

namespace wardroom::front {

/// `/`, `/me`, `/dashboard`, the pages below it (`/dashboard/spaces`, …) and everything under
/// `/assets/`. Names there change with the content, except `/assets/app.css`, which pages made
/// elsewhere (the login's) may name.
std::span<http::Asset const> web_assets();

}  // namespace wardroom::front
