#include "sim/cms_truth.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return out;
}

// As a list of labels from the right, so that "belongs to" is "begins with".
std::vector<std::string> labels(std::string_view domain) {
  std::vector<std::string> out(1);
  for (auto c : domain)
    if (c == '.')
      out.emplace_back();
    else
      out.back() += c;
  std::ranges::reverse(out);
  return out;
}

bool belongs(std::string_view domain, std::string_view entry) {
  bool const below = entry.starts_with("*."), both = entry.starts_with(".");
  auto const of = labels(lowered(entry.substr(below ? 2 : both ? 1 : 0)));
  auto const it = labels(domain);
  if (it.size() < of.size() || !std::equal(of.begin(), of.end(), it.begin())) return false;
  return both || (below ? it.size() > of.size() : it.size() == of.size());
}

bool in(std::string_view domain, std::vector<std::string> const& entries) {
  return std::ranges::any_of(entries, [&](auto const& e) { return belongs(domain, e); });
}

}  // namespace

std::string certain_domain(std::string_view address) {
  auto const first = address.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  address = address.substr(first, address.find_last_not_of(" \t\r\n") - first + 1);
  if (std::ranges::count(address, '<') > 1) return {};
  if (auto const open = address.find('<'); open != std::string_view::npos) {
    auto const end = address.find('>', open);
    if (end == std::string_view::npos) return {};
    address = address.substr(open + 1, end - open - 1);
  }
  if (std::ranges::count(address, '@') != 1) return {};
  auto host = lowered(address.substr(address.find('@') + 1));
  host = host.substr(0, host.find_first_of(";?,>"));
  if (host.starts_with('[')) return {};
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.pop_back();
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  if (host.empty() || host.find_first_not_of(allowed) != std::string::npos) return {};
  if (host.find_first_not_of("0123456789.") == std::string::npos) return {};  // an address
  if (lowered(address).starts_with("tel:")) return {};
  return host;
}

int true_level(CmsPerson const& person, std::string_view call_type, CmsDomains const& domains) {
  if (person.via == CmsVia::app || person.via == CmsVia::web_app || person.via == CmsVia::guest)
    return 3;
  if (call_type == "lyncConferencing") return 3;  // people nobody sees are behind that leg
  auto const domain = certain_domain(person.address);
  if (domain.empty()) return 3;
  if (in(domain, domains.secure)) return 1;
  return in(domain, domains.internal) ? 2 : 3;
}

}  // namespace wardroom::sim
