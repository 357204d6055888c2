#include "sim/dns_zone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace wardroom::sim {
namespace {
using nlohmann::json;
constexpr std::uint16_t type_a = 1, type_srv = 33;
constexpr std::size_t head_size = 12, datagram_limit = 512, questions_kept = 200;
constexpr std::array modes{"answer", "empty",     "nxdomain", "servfail", "refused",
                           "silent", "truncated", "garbage",  "wrong_id"};

std::string number(std::uint16_t n) { return {char(n >> 8), char(n & 0xFF)}; }
std::string number(std::uint32_t n) {
  return number(std::uint16_t(n >> 16)) + number(std::uint16_t(n & 0xFFFF));
}
std::uint16_t number_at(std::string_view text, std::size_t at) {
  return std::uint16_t(static_cast<unsigned char>(text[at]) << 8 |
                       static_cast<unsigned char>(text[at + 1]));
}

std::string labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    auto const dot = std::min(name.find('.'), name.size());
    out += char(dot);
    out += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return out + '\0';
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 250) return false;
  while (!name.empty()) {
    auto const dot = std::min(name.find('.'), name.size());
    if (dot == 0 || dot > 63) return false;
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return true;
}

// The name is a pointer to the one of the question, right behind the head.
std::string record(std::uint16_t type, std::uint32_t ttl, std::string const& data) {
  return "\xC0\x0C" + number(type) + number(std::uint16_t(1)) + number(ttl) +
         number(std::uint16_t(data.size())) + data;
}

Result<std::vector<DnsService>> services_in(json const& list) {
  std::vector<DnsService> out;
  if (!list.is_array()) return failure(ErrorKind::malformed, "each name in \"srv\" has a list");
  for (auto const& one : list) {
    DnsService s;
    auto const small = [&](char const* key, std::uint16_t& into) {
      auto const found = one.find(key);
      if (found == one.end()) return true;
      if (!found->is_number_integer() || *found < 0 || *found > 65535) return false;
      into = found->get<std::uint16_t>();
      return true;
    };
    if (!one.is_object() || !one.contains("target") || !one["target"].is_string() ||
        !is_name(one["target"].get<std::string>()) || !small("port", s.port) ||
        !small("priority", s.priority) || !small("weight", s.weight))
      return failure(
          ErrorKind::malformed,
          "a record is {\"target\": name, \"port\", \"priority\", \"weight\": 0..65535}");
    s.target = one["target"].get<std::string>();
    out.push_back(std::move(s));
  }
  return out;
}

Result<std::vector<std::string>> addresses_in(json const& list) {
  std::vector<std::string> out;
  in_addr ignored{};
  for (auto const& one : list.is_array() ? list : json::array({list})) {
    if (!one.is_string() || inet_pton(AF_INET, one.get<std::string>().c_str(), &ignored) != 1)
      return failure(ErrorKind::malformed, "\"a\" holds lists of IPv4 addresses");
    out.push_back(one.get<std::string>());
  }
  return out;
}

}  // namespace

Result<void> DnsZone::set(json const& wish) {
  auto next = *this;
  for (auto const& [key, value] : wish.items()) {
    if (key == "mode" && value.is_string() &&
        std::find(modes.begin(), modes.end(), value.get<std::string>()) != modes.end()) {
      next.mode_ = value.get<std::string>();
    } else if (key == "ttl" && value.is_number_integer() && value >= 0 && value <= 604800) {
      next.ttl_ = value.get<std::uint32_t>();
    } else if (key == "delay_ms" && value.is_number_integer() && value >= 0 && value <= 60000) {
      next.delay_ms_ = value.get<int>();
    } else if ((key == "srv" || key == "a") && value.is_object()) {
      for (auto const& [name, list] : value.items()) {
        if (!is_name(name)) return failure(ErrorKind::malformed, "\"" + name + "\" is no name");
        if (key == "srv") {
          auto services = services_in(list);
          if (!services) return std::unexpected(services.error());
          next.services_[name] = std::move(*services);
        } else {
          auto addresses = addresses_in(list);
          if (!addresses) return std::unexpected(addresses.error());
          next.addresses_[name] = std::move(*addresses);
        }
      }
    } else {
      return failure(
          ErrorKind::malformed,
          fmt::format("\"{}\" is not understood; there are mode ({}), ttl, delay_ms, srv, a", key,
                      fmt::join(modes, ", ")));
    }
  }
  *this = std::move(next);
  return {};
}

json DnsZone::state() const {
  json srv = json::object();
  for (auto const& [name, services] : services_) {
    srv[name] = json::array();
    for (auto const& s : services)
      srv[name].push_back(
          {{"target", s.target}, {"port", s.port}, {"priority", s.priority}, {"weight", s.weight}});
  }
  return {{"mode", mode_},         {"ttl", ttl_},     {"delay_ms", delay_ms_},
          {"srv", std::move(srv)}, {"a", addresses_}, {"questions", questions_},
          {"asked", asked_}};
}

std::optional<DnsZone::Question> DnsZone::read(std::string_view m) {
  if (m.size() < head_size || number_at(m, 4) != 1 || (m[2] & 0x80)) return std::nullopt;
  Question q;
  auto at = head_size;
  for (;;) {
    if (at >= m.size()) return std::nullopt;
    std::size_t const length = static_cast<unsigned char>(m[at++]);
    if (length == 0) break;
    if (length > 63 || at + length > m.size()) return std::nullopt;
    if (!q.name.empty()) q.name += '.';
    for (auto c : m.substr(at, length))
      q.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    at += length;
  }
  if (at + 4 > m.size()) return std::nullopt;
  q.type = number_at(m, at);
  q.end = at + 4;
  return q;
}

std::string DnsZone::records_of(Question const& q, std::uint16_t& count) const {
  std::string out;
  if (auto const found = services_.find(q.name); q.type == type_srv && found != services_.end())
    for (auto const& s : found->second) {
      out += record(type_srv, ttl_,
                    number(s.priority) + number(s.weight) + number(s.port) + labels(s.target));
      ++count;
    }
  if (auto const found = addresses_.find(q.name); q.type == type_a && found != addresses_.end())
    for (auto const& text : found->second) {
      in_addr address{};
      inet_pton(AF_INET, text.c_str(), &address);
      out += record(type_a, ttl_, std::string(reinterpret_cast<char const*>(&address), 4));
      ++count;
    }
  return out;
}

std::optional<std::string> DnsZone::answer(std::string_view message, bool by_tcp) {
  auto const q = read(message);
  if (!q) return std::nullopt;
  ++questions_;
  asked_.push_back({{"name", q->name}, {"type", q->type}, {"tcp", by_tcp}, {"mode", mode_}});
  if (asked_.size() > questions_kept) asked_.pop_front();
  if (mode_ == "silent") return std::nullopt;
  if (mode_ == "garbage") return "\x01\x02garbage" + std::string(message.substr(0, 2));
  bool const known = services_.contains(q->name) || addresses_.contains(q->name);
  std::uint16_t count = 0;
  bool const answers = mode_ == "answer" || mode_ == "truncated" || mode_ == "wrong_id";
  auto records = answers ? records_of(*q, count) : std::string();
  bool const too_long = head_size + q->end + records.size() > datagram_limit;
  bool const cut = !by_tcp && (mode_ == "truncated" || too_long);
  if (cut) {
    records.clear();
    count = 0;
  }
  unsigned const code = mode_ == "servfail"                          ? 2
                        : mode_ == "refused"                         ? 5
                        : mode_ == "nxdomain" || (answers && !known) ? 3
                                                                     : 0;
  auto const id = std::uint16_t(number_at(message, 0) + (mode_ == "wrong_id"));
  auto const flags = std::uint16_t(0x8480 | (message[2] & 1) << 8 | (cut ? 0x0200 : 0) | code);
  return number(id) + number(flags) + number(std::uint16_t(1)) + number(count) +
         number(std::uint32_t(0)) + std::string(message.substr(head_size, q->end - head_size)) +
         records;
}

}  // namespace wardroom::sim
