#include "sim/request_tally.hpp"

#include <algorithm>
#include <charconv>

namespace wardroom::sim {
namespace {

// "GET people", "GET people/{id}", "DELETE memberships/{id}".
std::string kind_of(Request const& request) {
  auto path = std::string_view(request.path);
  path.remove_prefix(std::min<std::size_t>(4, path.size()));  // "/v1/"
  auto const slash = std::min(path.find('/'), path.size());
  return std::string(http::name(request.method)) + " " + std::string(path.substr(0, slash)) +
         (slash < path.size() ? "/{id}" : "");
}

// What was under way when quiet was asked for is no lack of patience.
constexpr std::chrono::milliseconds grace{250}, early{20};

}  // namespace

std::shared_ptr<void> RequestTally::begin(Request const& request, Instant now) {
  auto const kind = kind_of(request);
  ++by_kind_[kind];
  auto const token = std::string(request.header("Authorization"));
  if (auto const quiet = quiet_.find(token + kind); quiet != quiet_.end() &&
                                                    now > quiet->second.begins + grace &&
                                                    now + early < quiet->second.ends)
    ++impatient_;
  auto& flights = flights_[token];
  if (!flights) flights = std::make_shared<Flights>();
  flights->most = std::max(flights->most, ++flights->now);
  return {flights.get(), [kept = flights](void*) { --kept->now; }};
}

void RequestTally::answered(Request const& request, http::Response const& response, Instant now) {
  if (response.status != 429) return;
  auto const text = response.headers.get("Retry-After");
  int seconds = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return;
  quiet_[std::string(request.header("Authorization")) + kind_of(request)] = {
      now, now + std::chrono::seconds(seconds)};
}

nlohmann::json RequestTally::counters() const {
  std::uint64_t most = 0;
  for (auto const& [token, flights] : flights_) most = std::max(most, flights->most);
  return {{"by_kind", by_kind_}, {"most_in_flight", most}, {"impatient", impatient_}};
}

}  // namespace wardroom::sim
