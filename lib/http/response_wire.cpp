#include "http/response_wire.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace wardroom::http {
namespace {

void add_field(std::string& wire, std::string_view name, std::string_view value) {
  constexpr std::string_view line_breakers("\r\n\0", 3);
  if (name.find_first_of(line_breakers) != std::string_view::npos ||
      value.find_first_of(line_breakers) != std::string_view::npos)
    throw std::logic_error("a response header holds a line break: " +
                           std::string(name.substr(0, name.find_first_of(line_breakers))));
  wire.append(name).append(": ").append(value).append("\r\n");
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

bool has(Headers const& headers, std::string_view name) {
  for (auto const& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return true;
  return false;
}

}  // namespace

std::string to_wire(Response const& response, WireOptions const& options) {
  std::string wire;
  wire.reserve(512 + (options.head_only ? 0 : response.body.size()));
  wire += fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  if (!options.date.empty()) add_field(wire, "Date", options.date);
  if (options.common)
    for (auto const& [name, value] : *options.common)
      if (!has(response.headers, name)) add_field(wire, name, value);
  for (auto const& [name, value] : response.headers) add_field(wire, name, value);
  if (options.close) add_field(wire, "Connection", "close");
  if (!options.close && options.keep_alive) add_field(wire, "Connection", "keep-alive");
  bool const bodiless = has_no_body(response.status);
  if (options.framing == BodyFraming::chunked) add_field(wire, "Transfer-Encoding", "chunked");
  if (options.framing == BodyFraming::length && !bodiless)
    add_field(wire, "Content-Length", std::to_string(response.body.size()));
  wire += "\r\n";
  if (options.framing == BodyFraming::length && !bodiless && !options.head_only)
    wire += response.body;
  return wire;
}

std::string http_date(Instant when) {
  namespace chrono = std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = chrono::floor<chrono::days>(when);
  chrono::year_month_day const date(day);
  chrono::hh_mm_ss const time(chrono::floor<chrono::seconds>(when - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace wardroom::http
