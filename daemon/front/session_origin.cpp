#include "front/session_origin.hpp"

#include "http/forwarded.hpp"

#include <array>
#include <utility>

namespace wardroom::front {
namespace {

using Words = std::pair<std::string_view, std::string_view>;

/// Browsers name their ancestors too, so the first hit in this order decides.
constexpr std::array browsers{
    Words{"Edg", "Edge"},
    Words{"OPR/", "Opera"},
    Words{"SamsungBrowser/", "Samsung Internet"},
    Words{"Firefox/", "Firefox"},
    Words{"FxiOS/", "Firefox"},
    Words{"CriOS/", "Chrome"},
    Words{"Chrome/", "Chrome"},
    Words{"Safari/", "Safari"},
};
constexpr std::array systems{
    Words{"iPhone", "iPhone"},   Words{"iPad", "iPad"},      Words{"Android", "Android"},
    Words{"Windows", "Windows"}, Words{"Mac OS X", "macOS"}, Words{"CrOS", "ChromeOS"},
    Words{"Linux", "Linux"},
};

template <std::size_t N>
std::string_view first_of(std::array<Words, N> const& all, std::string_view text) {
  for (auto const& [sign, word] : all)
    if (text.find(sign) != std::string_view::npos) return word;
  return {};
}

}  // namespace

std::string browser_words(std::string_view user_agent) {
  auto const browser = first_of(browsers, user_agent);
  auto const system = first_of(systems, user_agent);
  if (browser.empty()) return "another program";
  return std::string(browser) + (system.empty() ? "" : " on " + std::string(system));
}

std::string network_words(std::string_view address) {
  boost::system::error_code error;
  auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error) return "";
  parsed = http::unmapped(parsed);
  if (parsed.is_loopback()) return "this machine";
  return parsed.is_v4() ? "IPv4" : "IPv6";
}

SessionOrigin origin_of(http::ServerRequest const& request) {
  return {browser_words(request.header("User-Agent")), network_words(request.remote)};
}

}  // namespace wardroom::front
