#include "features/security_notices/receiver_uri.hpp"

#include <algorithm>
#include <cctype>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t kLongestWord = 16;  // a longer part of a path may be a token

bool begins_with_ours(std::string_view uri, std::string_view url) {
  return uri.size() > url.size() + 1 && uri.starts_with(url) && uri[url.size()] == '/';
}

}  // namespace

Secret receiver_uri(std::string_view url, Secret const& secret) {
  return Secret::joined({url, "/", secret.reveal()});
}

std::string without_secrets(std::string_view uri) {
  std::string out;
  auto const scheme = uri.find("://");
  if (scheme != std::string_view::npos) {
    out = uri.substr(0, scheme + 3);
    uri.remove_prefix(scheme + 3);
  }
  bool const asks = uri.find_first_of("?#") != std::string_view::npos;
  uri = uri.substr(0, uri.find_first_of("?#"));
  auto const slash = uri.find('/');
  auto host = uri.substr(0, slash);
  if (auto const at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  out += host;
  for (auto rest = slash == std::string_view::npos ? "" : uri.substr(slash); !rest.empty();) {
    rest.remove_prefix(1);
    auto const word = rest.substr(0, rest.find('/'));
    out += '/';
    out += word.size() > kLongestWord ? "…" : std::string(word);
    rest.remove_prefix(word.size());
  }
  if (asks) out += "?…";
  return out;
}

ReceiversLook look_at_receivers(CdrReceivers const& found, std::string_view url,
                                Secret const& secret) {
  ReceiversLook out;
  auto const ours = receiver_uri(url, secret);
  std::size_t used = 0;
  for (auto const& one : found.all) {
    if (one.uri.empty()) continue;  // an object without a URI: shown by no one, changed by no one
    ++used;
    if (same_bytes(one.uri, ours.reveal())) {
      out.ours = true;
      out.shown.push_back(std::string(url) + "/…");
    } else if (begins_with_ours(one.uri, url)) {
      if (!out.id) out.id = one.id;
      out.shown.push_back(std::string(url) + "/… (another secret)");
    } else {
      out.shown.push_back(without_secrets(one.uri));
      out.others.push_back(out.shown.back());
    }
  }
  out.full = std::max(used, found.all.size()) >= found.most;
  return out;
}

}  // namespace wardroom::security_notices
