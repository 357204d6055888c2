#include "people/roster.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace wardroom::people {

namespace {

RosterKey salted(char kind, std::string_view text) {
  std::string input(1, kind);
  input += text;
  for (auto& c : input)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return {Digest96::from(sha256(input))};
}

std::int32_t e7(double degrees) { return static_cast<std::int32_t>(std::lround(degrees * 1e7)); }

std::int64_t boot_ms(Uptime t) {
  return std::chrono::floor<Milliseconds>(t.time_since_epoch()).count();
}

}  // namespace

RosterKey RosterKey::of_uuid(std::string_view uuid) { return salted('u', uuid); }
RosterKey RosterKey::of_xsi(std::string_view user_id) { return salted('x', user_id); }

void Roster::bind(RosterKey const& key, PersonNo person) {
  if (!has(person)) throw std::out_of_range("person " + std::to_string(person) + " has no row");
  ids_.put(key.digest, person);
}

void Roster::grow_to(PersonNo highest) {
  while (chunks_.size() * rows_a_chunk <= highest) chunks_.push_back(std::make_unique<Chunk>());
  highest_ = std::max(highest_, highest);
}

RosterRow& Roster::row(PersonNo person) {
  if (!has(person)) throw std::out_of_range("person " + std::to_string(person) + " has no row");
  return (*chunks_[person / rows_a_chunk])[person % rows_a_chunk];
}

void Roster::set_fix(PersonNo person, Fix const& fix) {
  auto& r = row(person);
  if (!r.has_fix()) ++tracked_;
  r.latitude_e7 = e7(fix.where.latitude);
  r.longitude_e7 = e7(fix.where.longitude);
  // Up, but for rounding noise: a circle drawn too small could call somebody inside who is not.
  r.accuracy_dm =
      static_cast<std::uint32_t>(std::clamp(std::ceil(fix.accuracy.value * 10 - 1e-3), 0.0, 4e9));
  r.received_boot_ms = boot_ms(fix.received);
  r.received_wall_ms = unix_ms(fix.received_at);
}

void Roster::clear_fix(PersonNo person) {
  auto& r = row(person);
  if (!r.has_fix()) return;
  --tracked_;
  r.latitude_e7 = r.longitude_e7 = 0;
  r.accuracy_dm = 0;
  r.received_boot_ms = RosterRow::no_fix;
  r.received_wall_ms = 0;
}

std::optional<Fix> Roster::fix(PersonNo person) const {
  auto const& r = row(person);
  if (!r.has_fix()) return std::nullopt;
  return Fix{.where = {r.latitude_e7 / 1e7, r.longitude_e7 / 1e7},
             .accuracy = {r.accuracy_dm / 10.0},
             .received = Uptime(Milliseconds(r.received_boot_ms)),
             .received_at = from_unix_ms(r.received_wall_ms)};
}

std::size_t Roster::memory() const {
  return sizeof *this + chunks_.capacity() * sizeof(chunks_[0]) + chunks_.size() * sizeof(Chunk) +
         ids_.memory();
}

}  // namespace wardroom::people
