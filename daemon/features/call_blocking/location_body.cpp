#include "features/call_blocking/location_body.hpp"

#include <simdjson.h>

#include <array>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>

namespace wardroom::call_blocking {
namespace {

namespace sj = simdjson;

/// Takes all its memory when it is made: the longest body is read once, and no later one needs
/// more.
struct Reader {
  Reader() {
    if (parser.allocate(kLocationBodyLimit, 32) != sj::SUCCESS) throw std::bad_alloc();
    padded.fill(' ');
    if (parser.parse(padded.data(), kLocationBodyLimit, false).error() == sj::MEMALLOC)
      throw std::bad_alloc();
  }
  sj::dom::parser parser{kLocationBodyLimit};
  std::array<char, kLocationBodyLimit + sj::SIMDJSON_PADDING> padded{};
};

std::unexpected<BodyTrouble> trouble(int status, std::string_view message) {
  return std::unexpected(BodyTrouble{status, message});
}

constexpr double kLatestTime = 253'402'300'799'999;  // ms: the end of the year 9999

struct Members {
  std::optional<double> latitude, longitude, accuracy, timestamp;
  bool wrong_type = false;
  bool twice = false;
};

void take(Members& out, std::optional<double>& into, sj::dom::element value) {
  double number = 0;
  if (into) out.twice = true;
  if (value.is_bool() || value.get(number) != sj::SUCCESS)
    out.wrong_type = true;
  else
    into = number;
}

Members members_of(sj::dom::object object) {
  Members out;
  for (auto const [key, value] : object) {
    if (key == "latitude")
      take(out, out.latitude, value);
    else if (key == "longitude")
      take(out, out.longitude, value);
    else if (key == "accuracy")
      take(out, out.accuracy, value);
    else if (key == "timestamp")
      take(out, out.timestamp, value);
  }
  return out;
}

bool within(double value, double least, double most) {
  return std::isfinite(value) && value >= least && value <= most;
}

}  // namespace

std::expected<LocationPost, BodyTrouble> parse_location(std::string_view body) {
  thread_local Reader reader;
  if (body.size() > kLocationBodyLimit) return trouble(400, "the body is too long");
  std::memcpy(reader.padded.data(), body.data(), body.size());
  sj::dom::element root;
  auto const error = reader.parser.parse(reader.padded.data(), body.size(), false).get(root);
  if (error == sj::MEMALLOC) throw std::bad_alloc();  // not the sender's fault
  if (error != sj::SUCCESS) return trouble(400, "the body is not JSON");
  sj::dom::object object;
  if (root.get(object) != sj::SUCCESS) return trouble(422, "the body must be an object");
  auto const m = members_of(object);
  if (m.twice) return trouble(400, "a member stands twice in the body");
  if (m.wrong_type)
    return trouble(422, "latitude, longitude, accuracy and timestamp must be numbers");
  if (!m.latitude || !m.longitude || !m.accuracy)
    return trouble(422, "latitude, longitude and accuracy are all needed");
  if (!within(*m.latitude, -90, 90)) return trouble(422, "latitude must be from -90 to 90");
  if (!within(*m.longitude, -180, 180)) return trouble(422, "longitude must be from -180 to 180");
  if (!within(*m.accuracy, 0, 1e8)) return trouble(422, "accuracy must be 0 or more, in meters");
  LocationPost post{{*m.latitude, *m.longitude}, {*m.accuracy}};
  if (!m.timestamp) return post;
  if (!within(*m.timestamp, 0, kLatestTime))
    return trouble(422, "timestamp must be milliseconds since 1970");
  post.taken = from_unix_ms(static_cast<std::int64_t>(*m.timestamp));
  return post;
}

}  // namespace wardroom::call_blocking
