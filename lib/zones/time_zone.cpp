#include "zones/time_zone.hpp"

#include "zones/zone_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace wardroom::zones {
namespace {

using std::chrono::floor;
using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr std::int64_t kFarOff = 27 * 3600;  // more than any clock differs from UTC

std::string folder() {
  auto const* const set = std::getenv("TZDIR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return set != nullptr && *set != 0 ? set : "/usr/share/zoneinfo";
}

/// Nothing that leads out of the folder.
bool is_name(std::string_view name) {
  auto const fine = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '/' &&
         std::ranges::all_of(name, fine);
}

std::int64_t seconds_of(Instant when) { return floor<seconds>(when).time_since_epoch().count(); }
Instant instant_of(std::int64_t value) { return Instant(seconds(value)); }

}  // namespace

Result<TimeZone> TimeZone::named(std::string_view name) {
  auto const unknown = [&] {
    return failure(
        ErrorKind::not_found,
        fmt::format("there is no time zone '{}'; names are such as Europe/Vienna", name));
  };
  if (!is_name(name)) return unknown();
  std::error_code ignored;
  auto const from = folder();
  if (!std::filesystem::is_directory(from, ignored))
    return failure(ErrorKind::unavailable,
                   fmt::format("this machine knows no time zones ({} is missing); install the "
                               "package tzdata",
                               from));
  auto const path = std::filesystem::path(from) / name;
  if (!std::filesystem::is_regular_file(path, ignored)) return unknown();
  std::ifstream file(path, std::ios::binary);
  std::string const bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!bytes.starts_with("TZif")) return unknown();  // a table, a leap second list
  auto data = read_zone(bytes);
  if (!data)
    return failure(ErrorKind::malformed, fmt::format("{} {}", path.string(), data.error().what));
  return TimeZone(std::string(name), std::make_shared<ZoneData const>(std::move(*data)));
}

seconds TimeZone::offset_at(Instant when) const {
  return seconds(data_->at(seconds_of(when)).offset);
}

local_seconds TimeZone::local(Instant when) const {
  return local_seconds(floor<seconds>(when).time_since_epoch() + offset_at(when));
}

Instant TimeZone::first_at(local_seconds local) const {
  auto const wanted = local.time_since_epoch().count();
  auto segment = data_->at(wanted - kFarOff);
  while (wanted - segment.offset >= segment.end) segment = data_->at(segment.end);
  return instant_of(std::max(wanted - segment.offset, segment.begin));
}

Instant TimeZone::last_at(local_seconds local) const {
  auto const wanted = local.time_since_epoch().count();
  auto segment = data_->at(wanted + kFarOff);
  while (wanted - segment.offset <= segment.begin) segment = data_->at(segment.begin - 1);
  return instant_of(std::min(wanted - segment.offset, segment.end));
}

}  // namespace wardroom::zones
