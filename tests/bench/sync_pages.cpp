#include "bench/sync_pages.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

namespace wardroom::bench {
namespace {

std::uint64_t mixed(std::uint64_t n) {
  n += 0x9E3779B97F4A7C15u;
  n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
  n = (n ^ n >> 27) * 0x94D049BB133111EBu;
  return n ^ n >> 31;
}

}  // namespace

SyncPages::SyncPages(std::uint64_t people)
    : people_(people),
      org_(person(~std::uint64_t{1})),
      org_id_(api_id("ORGANIZATION", org_.text())),
      room_(person(~std::uint64_t{2}).text()),
      space_id_(api_id("ROOM", room_)),
      licence_(api_id("LICENSE", org_.text() + ":MS_" + person(~std::uint64_t{3}).text())) {}

Uuid SyncPages::person(std::uint64_t n) const {
  std::uint64_t const words[] = {mixed(n), mixed(~n)};
  Uuid out;
  std::memcpy(out.bytes.data(), words, sizeof words);
  return out;
}

std::string SyncPages::api_id(std::string_view kind, std::string_view what) {
  return to_base64url(fmt::format("ciscospark://us/{}/{}", kind, what));
}

std::string SyncPages::people(std::uint64_t page) {
  std::string body = R"({"notFoundIds":null,"items":[)";
  for (auto n = page * page_size; n < (page + 1) * page_size; ++n) add_person(body, n);
  body.back() = ']';
  return body += '}';
}

void SyncPages::add_person(std::string& body, std::uint64_t n) {
  fmt::format_to(
      std::back_inserter(body),
      R"({{"id":"{}","emails":["person{}@acme.example"],"displayName":"First{} Last{}","nickName":"First{}",)"
      R"("firstName":"First{}","lastName":"Last{}","orgId":"{}","created":"2021-03-04T10:11:12.000Z",)"
      R"("lastModified":"2026-01-12T08:00:00.000Z","type":"person","invitePending":false,"loginEnabled":{},)"
      R"("department":"{}","title":"Engineer {}","licenses":["{}"],"roles":[]}},)",
      api_id("PEOPLE", person(n).text()), n, n % 1000, n, n % 1000, n % 1000, n, org_id_,
      !inactive(n), contractor(n) ? "Contractors EMEA" : "Department of Works", n % 5, licence_);
}

std::string SyncPages::members(std::uint64_t page) {
  std::string body = R"({"items":[)";
  // In another order than the people: by a step that has no divisor in common with their number.
  for (auto i = page * page_size; i < (page + 1) * page_size; ++i)
    add_member(body, (i * 7'919 + 31) % people_);
  body.back() = ']';
  return body += '}';
}

void SyncPages::add_member(std::string& body, std::uint64_t n) {
  auto const id = person(absent(n) ? people_ + n : n).text();
  fmt::format_to(
      std::back_inserter(body),
      R"({{"id":"{}","roomId":"{}","roomType":"group","personId":"{}","personEmail":"person{}@acme.example",)"
      R"("personDisplayName":"First{} Last{}","personOrgId":"{}","isModerator":false,"isMonitor":false,)"
      R"("isRoomHidden":false,"created":"2021-03-04T10:11:12.000Z"}},)",
      api_id("MEMBERSHIP", id + ":" + room_), space_id_, api_id("PEOPLE", id),
      absent(n) ? people_ + n : n, n % 1000, n, org_id_);
}

}  // namespace wardroom::bench
