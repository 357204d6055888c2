#include "http/static_pages.hpp"

#include <algorithm>

namespace wardroom::http {
namespace {

/// If-None-Match compares weakly: W/"x" is "x" (RFC 9110 section 13.1.2).
bool lists(std::string_view field, std::string_view etag) {
  while (!field.empty()) {
    auto const comma = std::min(field.find(','), field.size());
    auto tag = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

}  // namespace

Response asset_response(Asset const& asset, std::string_view if_none_match) {
  Response response;
  response.headers.add("Cache-Control",
                       asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.etag.empty()) response.headers.add("ETag", std::string(asset.etag));
  if (!asset.etag.empty() && lists(if_none_match, asset.etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", std::string(asset.content_type));
  response.body = asset.bytes;
  return response;
}

void add_page(Router& router, std::string pattern, Asset const& asset) {
  router.add({.pattern = std::move(pattern)}, [asset](ServerRequest& request, Responder responder) {
    responder.send(asset_response(asset, request.header("If-None-Match")));
  });
}

void add_assets(Router& router, std::span<Asset const> assets) {
  for (auto const& asset : assets) add_page(router, std::string(asset.path), asset);
}

}  // namespace wardroom::http
