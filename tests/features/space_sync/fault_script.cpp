#include "features/space_sync/fault_script.hpp"

#include "sim/paging.hpp"

#include <array>

namespace wardroom::space_sync::test {
namespace {
using sim::Answer;

constexpr std::string_view html =
    "<html><body><h1>Please try again</h1><p>This is a load balancer.</p></body></html>";

Answer answer_of(int status, std::string_view type, std::string body) {
  Answer out;
  out.response.status = status;
  out.response.headers.add("Content-Type", std::string(type));
  out.response.body = std::move(body);
  return out;
}

void count(std::string const& what) { ++FaultScript::tally()[what]; }

}  // namespace

std::map<std::string, std::uint64_t>& FaultScript::tally() {
  static std::map<std::string, std::uint64_t> all;
  return all;
}

std::optional<Answer> FaultScript::meddle(sim::Request const& request) {
  if (per_mille == 0 || dice_.below(1000) >= per_mille) return std::nullopt;
  bool const list = request.method == http::Method::get &&
                    (request.path == "/v1/people" || request.path == "/v1/memberships");
  // Lists go wrong in ways of their own half of the time.
  if (list && dice_.one_in(2)) return crooked_list(request);
  switch (dice_.below(13)) {
    case 0:
      return refusal(500 + int(dice_.below(5)), dice_.one_in(2) ? "json" : "html");
    case 1:
      return refusal(429, dice_.one_in(2) ? "json" : "empty", retry_after());
    case 2:
      return refusal(423, "json", dice_.one_in(2) ? "2" : "");
    case 3:
      return spoilt(request, Answer::Wire::cut);
    case 4:
      return spoilt(request, Answer::Wire::cut_chunk);
    case 5:
      return spoilt(request, Answer::Wire::reset);  // processed, then not a byte
    case 6:
      return spoilt(request, Answer::Wire::drip);
    case 7:
      count("HTML with 200");
      return answer_of(200, "text/html", std::string(html));
    case 8:
      count("404 of a proxy");
      return answer_of(404, "text/html", std::string(html));
    case 9:
      return lost_before();
    case 10: {
      count("slow");
      auto out = truth(request);
      out.delay = Milliseconds(std::int64_t(dice_.below(20'000)));
      return out;
    }
    case 11:
      return garbage(request);
    default:
      return refusal(dice_.one_in(2) ? 403 : 401, "json");
  }
}

Answer FaultScript::refusal(int status, std::string body, std::string retry_after) {
  count("status " + std::to_string(status));
  auto out = body == "html"    ? answer_of(status, "text/html", std::string(html))
             : body == "empty" ? answer_of(status, "text/plain", "")
                               : answer_of(status, "application/json",
                                           R"({"message":"not now","errors":[],"trackingId":"X"})");
  if (!retry_after.empty()) out.response.headers.add("Retry-After", retry_after);
  return out;
}

std::string FaultScript::retry_after() {
  constexpr std::array<char const*, 6> all{"1", "0", "", "rand(30),add(30)", "30", "86400"};
  return all[dice_.below(dice_.one_in(8) ? 6 : 4)];
}

Answer FaultScript::truth(sim::Request const& request) { return platform_.webex.handle(request); }

Answer FaultScript::truth_with(sim::Request const& request,
                               std::function<void(sim::Faults&)> change) {
  auto const before = platform_.faults;
  change(platform_.faults);
  auto out = truth(request);
  platform_.faults = before;
  return out;
}

Answer FaultScript::spoilt(sim::Request const& request, Answer::Wire wire) {
  count(wire == Answer::Wire::cut         ? "cut body"
        : wire == Answer::Wire::cut_chunk ? "cut chunk"
        : wire == Answer::Wire::reset     ? "processed, connection lost"
                                          : "drip");
  auto out = truth(request);
  out.wire = wire;
  return out;
}

Answer FaultScript::lost_before() {
  count("reset before it was read");
  Answer out;
  out.wire = Answer::Wire::reset;
  return out;
}

/// With the right status and the right type.
Answer FaultScript::garbage(sim::Request const& request) {
  count("garbage with 200");
  auto out = truth(request);
  auto& body = out.response.body;
  switch (dice_.below(6)) {
    case 0:
      body.resize(dice_.below(body.size() + 1));
      break;
    case 1:
      body = "{}";
      break;
    case 2:
      body = R"({"items":null})";
      break;
    case 3:
      body = "";
      break;
    case 4:
      body = R"({"items":[{}]})";
      break;
    default:
      body += "\xFF";
  }
  return out;
}

Answer FaultScript::crooked_list(sim::Request const& request) {
  bool const people = request.path == "/v1/people";
  switch (dice_.below(5)) {
    case 0: {
      std::string const shown = dice_.one_in(2) ? "half" : "none";
      count("list " + shown);
      return truth_with(
          request, [&](sim::Faults& f) { (people ? f.people_shown : f.members_shown) = shown; });
    }
    case 1: {
      auto const n = 1 + int(dice_.below(6));
      count("item errors");
      return truth_with(request, [&](sim::Faults& f) { f.item_errors = n; });
    }
    case 2: {
      constexpr std::array<char const*, 4> all{"loginEnabled,invitePending", "department", "emails",
                                               "department,loginEnabled,invitePending,type"};
      auto const omit = all[dice_.below(all.size())];
      count("fields left out");
      return truth_with(request, [&](sim::Faults& f) { f.people_omit = omit; });
    }
    default: {
      auto const how = sim::page_ways[dice_.below(sim::page_ways.size())];
      count(std::string("next: ") + how);
      return truth_with(request,
                        [&](sim::Faults& f) { (people ? f.people_next : f.member_next) = how; });
    }
  }
}

}  // namespace wardroom::space_sync::test
