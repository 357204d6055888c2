#include "bench/posts.hpp"

#include "bench/prefill.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace wardroom::bench {
namespace {

/// 1e-7 degrees.
int latitude_of(int index) { return 481'500'000 + index % 1000 * 1'000; }
int longitude_of(int index) { return 163'000'000 + index / 1000 % 1000 * 1'000; }
int accuracy_of(int index) { return 5 + index % 50; }

}  // namespace

std::string location_post(std::string const& host, int index) {
  auto const body =
      fmt::format(R"({{"latitude":{:.5f},"longitude":{:.5f},"accuracy":{}}})",
                  latitude_of(index) / 1e7, longitude_of(index) / 1e7, accuracy_of(index));
  return fmt::format(
      "POST /api/v1/location HTTP/1.1\r\nHost: {0}\r\nCookie: wardroom_person={1}\r\n"
      "Content-Type: application/json\r\nOrigin: http://{0}\r\nContent-Length: {2}\r\n\r\n{3}",
      host, prefilled_token(index), body.size(), body);
}

int scattered_person(int people, int n) {
  // 618,033 has no factor in common with a power of ten: everybody comes once before anybody again.
  return static_cast<int>(std::int64_t{n} * 618'033 % people);
}

std::vector<std::string> scattered_posts(test::Site const& site, int people, int count) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  auto const host = site.daemon_url().substr(7);
  for (int n = 0; n < count; ++n) out.push_back(location_post(host, scattered_person(people, n)));
  return out;
}

bool is_of_post(people::StoredFix const& fix, int index) {
  auto const near = [](std::int64_t a, std::int64_t b) { return std::abs(a - b) <= 1; };
  return fix.person == static_cast<PersonNo>(index) + 1 &&
         near(fix.latitude_e7, latitude_of(index)) && near(fix.longitude_e7, longitude_of(index)) &&
         fix.accuracy_dm == static_cast<std::uint32_t>(accuracy_of(index)) * 10;
}

std::uint16_t port_of(test::Site const& site) { return site.http_port(); }

}  // namespace wardroom::bench
