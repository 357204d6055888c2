#include "zones/zone_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace wardroom::zones {
namespace {

constexpr std::size_t kHeader = 44;
constexpr std::int32_t kMostOffset = 26 * 3600;

/// A number of the file: its highest byte first.
std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  if (size == 4) return static_cast<std::int32_t>(out);
  return static_cast<std::int64_t>(out);
}

/// How many there are of what follows a header.
struct Counts {
  std::size_t utc = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0;
  std::size_t bytes(std::size_t time) const {
    return times * (time + 1) + types * 6 + letters + leaps * (time + 4) + standard + utc;
  }
};

std::optional<Counts> counts_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + kHeader || !bytes.substr(at).starts_with("TZif") || bytes[at + 4] < '2')
    return std::nullopt;
  std::array<std::size_t, 6> n{};
  for (std::size_t i = 0; i < n.size(); ++i) {
    auto const count = big_endian(bytes, at + 20 + 4 * i, 4);
    if (count < 0 || count > 1'000'000) return std::nullopt;
    n[i] = static_cast<std::size_t>(count);
  }
  return Counts{n[0], n[1], n[2], n[3], n[4], n[5]};
}

std::unexpected<Error> unreadable() {
  return failure(ErrorKind::malformed, "is no time zone file of version 2 or newer");
}

}  // namespace

Segment ZoneData::at(std::int64_t when) const {
  auto const next = std::ranges::upper_bound(changes, when, {}, &Change::at);
  auto const begin =
      next == changes.begin() ? std::numeric_limits<std::int64_t>::min() : std::prev(next)->at;
  if (next != changes.end())
    return {begin, next->at, next == changes.begin() ? first_offset : std::prev(next)->offset};
  if (after) {
    auto out = after->at(when);
    out.begin = std::max(out.begin, begin);
    return out;
  }
  return {begin, std::numeric_limits<std::int64_t>::max(),
          changes.empty() ? first_offset : changes.back().offset};
}

Result<ZoneData> read_zone(std::string_view bytes) {
  auto const old = counts_at(bytes, 0);
  if (!old) return unreadable();
  auto const second = kHeader + old->bytes(4);
  auto const counts = counts_at(bytes, second);
  if (!counts || counts->types == 0) return unreadable();
  auto const times = second + kHeader;
  auto const indexes = times + counts->times * 8;
  auto const types = indexes + counts->times;
  auto const footer = times + counts->bytes(8);
  if (bytes.size() < footer + 2 || bytes[footer] != '\n') return unreadable();
  auto const rule = bytes.substr(footer + 1);
  if (!rule.contains('\n')) return unreadable();

  auto const offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(bytes, types + 6 * type, 4));
  };
  for (std::size_t type = 0; type < counts->types; ++type)
    if (std::abs(std::int64_t{offset_of(type)}) > kMostOffset) return unreadable();
  ZoneData out;
  out.first_offset = offset_of(0);
  auto offset = out.first_offset;
  for (std::size_t i = 0; i < counts->times; ++i) {
    auto const type = static_cast<unsigned char>(bytes[indexes + i]);
    auto const at = big_endian(bytes, times + 8 * i, 8);
    if (type >= counts->types || (!out.changes.empty() && at <= out.changes.back().at))
      return unreadable();
    if (offset_of(type) == offset) continue;
    offset = offset_of(type);
    out.changes.push_back({at, offset});
  }
  if (auto const text = rule.substr(0, rule.find('\n')); !text.empty()) {
    out.after = parse_posix_rule(text);
    if (!out.after) return unreadable();
  }
  return out;
}

}  // namespace wardroom::zones
