/// A time zone by its name in the IANA data, "Europe/Vienna": what clocks there show, and when.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::zones {

struct ZoneData;

/// A value; copies share what was read. What was read stays as it is: a new TimeZone has newer
/// data.
class TimeZone {
 public:
  /// Reads one small file of $TZDIR, else /usr/share/zoneinfo (Debian's tzdata). Errors: not_found
  /// when there is no such zone, unavailable when the machine has no zones at all.
  static Result<TimeZone> named(std::string_view name);

  std::string const& name() const { return name_; }
  std::chrono::seconds offset_at(Instant when) const;  ///< east of UTC
  std::chrono::local_seconds local(Instant when) const;

  /// The first instant at which clocks there show `local` or more: of a time that comes twice the
  /// first, of one that is skipped the end of the gap.
  Instant first_at(std::chrono::local_seconds local) const;
  /// From this instant on clocks there never show less than `local` again: of a time that comes
  /// twice the second, of one that is skipped the end of the gap.
  Instant last_at(std::chrono::local_seconds local) const;

 private:
  TimeZone(std::string name, std::shared_ptr<ZoneData const> data)
      : name_(std::move(name)), data_(std::move(data)) {}
  std::string name_;
  std::shared_ptr<ZoneData const> data_;
};

}  // namespace wardroom::zones
