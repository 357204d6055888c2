#include "store/failpoint.hpp"

#ifdef WARDROOM_FAILPOINTS
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace wardroom::failpoint {
namespace {

struct Point {
  std::string name, action;
  unsigned number = 1;
  unsigned hits = 0;
};

std::mutex& guard() {
  static std::mutex mutex;
  return mutex;
}

Point parse_one(std::string_view text) {
  auto const complaint = "fail point '" + std::string(text) + "' is not name:exit|eio|delay[:n]";
  auto const colon = text.find(':');
  if (colon == 0 || colon == text.npos) throw std::invalid_argument(complaint);
  Point point{.name = std::string(text.substr(0, colon)), .action = {}};
  auto rest = text.substr(colon + 1);
  auto const second = rest.find(':');
  point.action = std::string(rest.substr(0, second));
  if (second != rest.npos) {
    auto const digits = rest.substr(second + 1);
    auto const [end, trouble] =
        std::from_chars(digits.data(), digits.data() + digits.size(), point.number);
    if (trouble != std::errc{} || end != digits.data() + digits.size())
      throw std::invalid_argument(complaint);
  }
  if (point.action != "exit" && point.action != "eio" && point.action != "delay")
    throw std::invalid_argument(complaint);
  return point;
}

std::vector<Point> parse(std::string_view text) {
  std::vector<Point> points;
  while (!text.empty()) {
    auto const comma = text.find(',');
    auto const one = text.substr(0, comma);
    if (!one.empty()) points.push_back(parse_one(one));
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return points;
}

std::vector<Point>& points() {
  static std::vector<Point> all = [] {
    auto const* text = std::getenv("WARDROOM_FAILPOINTS");
    return parse(text ? text : "");
  }();
  return all;
}

}  // namespace

void set(std::string_view specification) {
  auto fresh = parse(specification);
  std::lock_guard lock(guard());
  points() = std::move(fresh);
}

bool hit(std::string_view name) {
  unsigned wait_ms = 0;
  bool fail = false;
  {
    std::lock_guard lock(guard());
    for (auto& point : points()) {
      if (point.name != name) continue;
      ++point.hits;
      if (point.action == "delay") wait_ms = point.number;
      if (point.hits != point.number) continue;
      if (point.action == "exit") ::_exit(137);  // as abrupt as SIGKILL
      if (point.action == "eio") fail = true;
    }
  }
  if (wait_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  return fail;
}

}  // namespace wardroom::failpoint
#endif
