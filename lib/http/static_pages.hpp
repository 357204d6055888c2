/// Serves files that were built into the program: pages, scripts, styles, map data.
/// A path is looked up in a fixed table, so there is nothing to climb out of.
#pragma once
#include "http/router.hpp"

#include <span>
#include <string>
#include <string_view>

namespace wardroom::http {

/// Everything views bytes that live as long as the program.
struct Asset {
  std::string_view path;          ///< "/assets/app-3f2a.js"
  std::string_view content_type;  ///< "text/javascript; charset=utf-8"
  std::string_view bytes;
  std::string_view etag;   ///< with its quotes: "\"3f2a…\""; empty = no revalidation
  bool immutable = false;  ///< the name changes with the content: kept for a year
};

/// A GET route for each asset under its own path.
void add_assets(Router& router, std::span<Asset const> assets);
/// The same asset under another address as well: a page at "/" or "/meet/{token}".
void add_page(Router& router, std::string pattern, Asset const& asset);

/// The answer to one request for `asset`; 304 when the client has it already.
Response asset_response(Asset const& asset, std::string_view if_none_match);

}  // namespace wardroom::http
