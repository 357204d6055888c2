#include "spaces_faults.hpp"

#include "sim/paging.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace wardroom::world {
namespace {
using sim::Answer;
using About = SpaceFaults::About;
using namespace std::chrono_literals;

constexpr std::string_view refused_later = "refused after a page";
constexpr std::string_view html =
    "<html><body><h1>Please try again</h1><p>This is a load balancer.</p></body></html>";

Answer answer_of(int status, std::string_view type, std::string body) {
  Answer out;
  out.response.status = status;
  out.response.headers.add("Content-Type", std::string(type));
  out.response.body = std::move(body);
  return out;
}

/// A switch of the simulator for one request.
template <class T>
class Set {
 public:
  Set(T& at, T value) : at_(at), before_(std::exchange(at, std::move(value))) {}
  ~Set() { at_ = std::move(before_); }
  Set(Set const&) = delete;
  Set& operator=(Set const&) = delete;

 private:
  T& at_;
  T before_;
};

bool is_list(About what) { return what == About::people || what == About::members; }

bool is_under(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) &&
         path.find('/', folder.size()) == path.npos;
}

}  // namespace

About SpaceFaults::about(sim::Request const& request) {
  std::string_view const path = request.path, query = request.query;
  if (request.method == http::Method::post)
    return path == "/v1/memberships" ? About::add : About::nothing;
  if (request.method == http::Method::delete_)
    return is_under(path, "/v1/memberships/") ? About::remove : About::nothing;
  if (request.method != http::Method::get) return About::nothing;
  if (path == "/v1/people")
    return query.contains("excludeStatus") && !query.contains("callingData") ? About::people
                                                                             : About::nothing;
  if (is_under(path, "/v1/people/"))
    return path == "/v1/people/me" || !query.empty() ? About::nothing : About::person;
  if (path == "/v1/memberships")
    return query.contains("personId") ? About::member
           : query.contains("roomId") ? About::members
                                      : About::nothing;
  if (is_under(path, "/v1/rooms/")) return About::room;
  return path == "/v1/groups" && query.contains("Friends") ? About::group : About::nothing;
}

// --- what begins and ends ------------------------------------------------------------------------

void SpaceFaults::begin(Chance& chance) {
  auto const now = world_.now();
  auto const lie = [&](bool people, std::string how, Milliseconds length) {
    world_.note("spaces", fmt::format("lists of {} are {} for {} s", people ? "people" : "members",
                                      how, length.count() / 1000));
    (people ? people_ : members_) = {std::move(how), now, now + length};
    replica_.clear();
  };
  bool const people = chance.one_in(2);
  switch (chance.below(7)) {
    case 0:
    case 1: {
      constexpr std::array<unsigned, 4> rates{20, 80, 200, 500};
      if (!world_.has("spaces storms", 600)) return;
      per_mille_ = chance.pick(rates);
      storm_until_ = now + Milliseconds(chance.between(30'000, 600'000));
      return world_.note("spaces", fmt::format("of 1000 requests {} go wrong", per_mille_));
    }
    case 2:
      if (!world_.has("spaces short lists")) return;
      return lie(people, chance.one_in(3) ? "none" : "half",
                 Milliseconds(chance.between(120'000, 1'200'000)));
    case 3:
      if (!world_.has("spaces stale lists")) return;
      return lie(people, "stale", Milliseconds(chance.between(300'000, 1'500'000)));
    case 4:
      if (!world_.has("spaces bad pages")) return;
      return lie(people, chance.pick(sim::page_ways),
                 Milliseconds(chance.between(120'000, 900'000)));
    case 5:
      if (!world_.has("spaces first pages")) return;
      return lie(people, std::string(refused_later),
                 Milliseconds(chance.between(120'000, 900'000)));
    default:
      if (!world_.has("spaces damaged items")) return;
      return lie(people, chance.one_in(2) ? "damaged" : "bare",
                 Milliseconds(chance.between(120'000, 900'000)));
  }
}

void SpaceFaults::heal() {
  per_mille_ = 0;
  people_ = members_ = {};
  replica_.clear();
}

bool SpaceFaults::is_storm() const { return per_mille_ > 0 && world_.now() < storm_until_; }

// --- one request ---------------------------------------------------------------------------------

SpaceFaults::Meddled SpaceFaults::meddle(sim::Request const& request) {
  auto const what = about(request);
  if (what == About::nothing) return {};
  auto out = answer_to(request, what);
  if (!is_list(what)) return out;
  // Lists are answered here in any case, to see whether they go on.
  if (!out.instead) out.instead = truth(request);
  auto const& response = out.instead->response;
  bool const arrives =
      out.instead->wire == Answer::Wire::whole || out.instead->wire == Answer::Wire::chunked;
  out.last_page = arrives && response.status == 200 && response.headers.get("Link").empty() &&
                  nlohmann::json::parse(response.body, nullptr, false).contains("items");
  return out;
}

SpaceFaults::Meddled SpaceFaults::answer_to(sim::Request const& request, About what) {
  bool const list = is_list(what);
  if (is_storm() && dice_.per_mille(per_mille_)) {
    if (list && dice_.one_in(2)) return {crooked(request, what == About::people), false};
    bool truthful = false;
    auto answer = single(request, truthful);
    return {std::move(answer), truthful};
  }
  if (!list) return {};
  auto const& lie = what == About::people ? people_ : members_;
  if (lie.how.empty() || world_.now() >= lie.until) return {};
  return {lying(request, lie, what == About::people), false};
}

Answer SpaceFaults::truth(sim::Request const& request) {
  return world_.platform().webex.handle(request);
}

Answer SpaceFaults::refusal(int status, std::string_view body, std::string retry_after) {
  auto out = body == "html"    ? answer_of(status, "text/html", std::string(html))
             : body == "empty" ? answer_of(status, "text/plain", "")
                               : answer_of(status, "application/json",
                                           R"({"message":"not now","errors":[],"trackingId":"X"})");
  if (!retry_after.empty()) out.response.headers.add("Retry-After", retry_after);
  return out;
}

std::string SpaceFaults::retry_after() {
  constexpr std::array<char const*, 7> all{"1", "0", "", "rand(30),add(30)", "-5", "30", "86400"};
  return all[dice_.below(dice_.one_in(8) ? 7 : 5)];
}

Answer SpaceFaults::single(sim::Request const& request, bool& truthful) {
  auto const spoilt = [&](Answer::Wire wire) {
    auto out = truth(request);
    out.wire = wire;
    return out;
  };
  // What a proxy says of somebody who is being looked at is the most tempting lie of all.
  if (about(request) == About::person && dice_.one_in(3))
    return answer_of(404, "text/html", std::string(html));
  switch (dice_.below(12)) {
    case 0:
      return refusal(500 + static_cast<int>(dice_.below(5)), dice_.one_in(2) ? "json" : "html");
    case 1:
      return refusal(429, dice_.one_in(2) ? "json" : "empty", retry_after());
    case 2:
      return refusal(423, "json", dice_.one_in(2) ? "2" : "");
    case 3:
      return spoilt(Answer::Wire::cut);
    case 4:
      return spoilt(Answer::Wire::cut_chunk);
    case 5:
    case 6:
      return spoilt(Answer::Wire::reset);  // processed, then not a byte
    case 7:
      return answer_of(200, "text/html", std::string(html));
    case 8:
      return answer_of(404, "text/html", std::string(html));
    case 9: {  // it never came
      Answer out;
      out.wire = Answer::Wire::reset;
      return out;
    }
    case 10: {
      truthful = true;
      auto out = truth(request);
      out.delay = Milliseconds(dice_.between(100, 20'000));
      return out;
    }
    default:
      return dice_.one_in(6) ? refusal(403, "json") : garbage(request);
  }
}

/// With the right status and the right type.
Answer SpaceFaults::garbage(sim::Request const& request) {
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
      body.clear();
      break;
    case 4:
      body = R"({"items":[{}]})";
      break;
    default:
      body += "\xFF";
  }
  return out;
}

// --- lists ---------------------------------------------------------------------------------------

Answer SpaceFaults::crooked(sim::Request const& request, bool people) {
  constexpr std::array<char const*, 4> more{"half", "none", "damaged", "bare"};
  auto const way = dice_.below(more.size() + sim::page_ways.size());
  auto const how = way < more.size() ? more[way] : sim::page_ways[way - more.size()];
  return *lying(request, {how, world_.now(), world_.now() + 1ms}, people);
}

std::optional<Answer> SpaceFaults::lying(sim::Request const& request, Lie const& lie, bool people) {
  auto& faults = world_.platform().faults;
  if (lie.how == "stale") {
    auto const key = request.path + "?" + request.query;
    auto const [known, fresh] = replica_.try_emplace(key);
    if (fresh) known->second = truth(request);
    if (known->second.response.status != 200) replica_.erase(known);
    auto const found = replica_.find(key);
    return found == replica_.end() ? truth(request) : found->second;
  }
  if (lie.how == "half" || lie.how == "none") {
    Set const shown(people ? faults.people_shown : faults.members_shown, lie.how);
    return truth(request);
  }
  if (lie.how == "damaged") {
    Set const errors(faults.item_errors, 1 + static_cast<int>(dice_.below(6)));
    return truth(request);
  }
  if (lie.how == "bare") {
    constexpr std::array<char const*, 4> all{"loginEnabled,invitePending", "department", "emails",
                                             "department,loginEnabled,invitePending,type"};
    Set const omitted(faults.people_omit, std::string(dice_.pick(all)));
    return truth(request);
  }
  if (lie.how == refused_later) {
    auto const wish = sim::page_wish(request, SIZE_MAX);
    if (!wish || !wish->by_cursor) return truth(request);
    constexpr std::array statuses{400, 403, 404, 500, 503};
    return refusal(dice_.pick(statuses), dice_.one_in(2) ? "json" : "html");
  }
  Set const next(people ? faults.people_next : faults.member_next, lie.how);
  return truth(request);
}

}  // namespace wardroom::world
