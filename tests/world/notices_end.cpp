// What is true at the end: nobody counted twice, nobody forgotten, whatever was acknowledged kept.
#include "notices_part.hpp"
#include "operator_part.hpp"
#include "store_part.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::world {
namespace {

/// The value behind `name` up to `end`.
std::string between(std::string_view text, std::string_view name, std::string_view end) {
  auto const at = text.find(name);
  if (at == text.npos) return {};
  auto const from = at + name.size();
  return std::string(text.substr(from, text.find(end, from) - from));
}

struct Record {
  std::string type, leg;
  bool in_call = false, in_ivr = false;
};

/// Of a whole post, in their order.
std::vector<Record> records_of(std::string_view post) {
  std::vector<Record> out;
  constexpr std::string_view begin = "<record ", end = "</record>";
  for (auto at = post.find(begin); at != post.npos; at = post.find(begin, at + 1)) {
    auto const text = post.substr(at, post.find(end, at) - at);
    out.push_back({.type = between(text, "type=\"", "\""),
                   .leg = between(text, "<callLeg id=\"", "\""),
                   .in_call = text.contains("<call>"),
                   .in_ivr = text.contains("<ivr")});
  }
  return out;
}

std::string brief(std::set<std::string> const& all) {
  return fmt::format("[{}]", fmt::join(all, " "));
}

}  // namespace

/// Only what comes next in its session, or for the first time: of anything else a record that ended
/// it may have been heard before. Returns the legs that are new.
std::vector<std::string> NoticesPart::hear_stays(NoticesPost const& post) {
  std::vector<std::string> fresh;
  auto const& bridge = bridges_.at(post.bridge);
  auto const indexes = test::record_indexes(post.body);
  bool const in_order = std::ranges::is_sorted(indexes) && !indexes.empty() &&
                        (bridge.session == post.session ? indexes.front() == bridge.heard_until
                                                        : indexes.front() == 0);
  if (!in_order) return fresh;
  for (auto const& record : records_of(post.body)) {
    if (!people_legs_.contains(record.leg)) continue;
    if (record.type == "callLegEnd") {
      if (auto const stay = stays_.find(record.leg); stay != stays_.end())
        stay->second.ended = true;
    } else if (record.in_call && !record.in_ivr) {
      if (stays_.try_emplace(record.leg, Stay{post.bridge}).second) fresh.push_back(record.leg);
    }
  }
  return fresh;
}

/// B3: what a start finds in the store knows of it, whenever the daemon died.
void NoticesPart::must_be_stored(NoticesPost const& post, std::uint64_t upto,
                                 std::vector<std::string> legs) {
  auto const& name = bridges_.at(post.bridge).name;
  auto const check = [this, name, session = post.session, upto,
                      legs = std::move(legs)](store::Sql& sql) -> std::string {
    auto const mark = sql.one(
        "SELECT session, highest, over_sessions FROM security_mark WHERE bridge = $1", {name});
    if (!mark) return fmt::format("posts of {} were acknowledged, the store has no mark", name);
    bool const heard = mark->text(0) == session
                           ? mark->integer(1) + 1 >= static_cast<std::int64_t>(upto)
                           : mark->text(2).find(session) != std::string::npos;
    if (!heard)
      return fmt::format("records of {} below {} were acknowledged, the store knows those up to {}",
                         name, upto, mark->integer(1));
    for (auto const& leg : legs)
      if (!rows_may_age() &&
          !sql.one("SELECT leg FROM security_stay WHERE bridge = $1 AND leg = $2", {name, leg}))
        return fmt::format("leg {} of {} was acknowledged, the store does not know it", leg, name);
    return {};
  };
  if (upto > 0) world_.part<StorePart>().acknowledged("cdr " + name, "B3", check);
}

/// Everybody's legs in all calls of that conference.
std::set<std::string> NoticesPart::legs_in(std::string const& correlator) const {
  std::set<std::string> out;
  for (auto const& [no, person] : cms().people())
    for (auto const& id : person.legs) {
      auto const& bridge = cms().bridge(person.bridge);
      auto const& leg = bridge.legs.at(id);
      if (!leg.call.empty() && !leg.ivr && bridge.calls.at(leg.call).correlator == correlator)
        out.insert(id);
    }
  return out;
}

void NoticesPart::ask_for_counts() {
  asked_at_ = world_.now();
  world_.control(http::Method::get, "/v1/cms/calls", "", [this](Answered const& answer) {
    wrong_ = answer.status == 200 ? wrong_counts(answer.json())
                                  : fmt::format("cms calls answered {}", answer.status);
    counts_right_ = wrong_.empty();
    if (!wrong_.empty()) note("not yet: " + wrong_);
  });
}

/// Each conference that runs, none that does not, and in each as many as are there.
std::string NoticesPart::wrong_counts(nlohmann::json const& answer) const {
  std::map<std::string, std::size_t> counted;
  for (auto const& row : answer.at("conferences")) {
    auto const& people = row.at("participants");
    counted[row.at("id")] = people.at("secure").get<std::size_t>() +
                            people.at("internal").get<std::size_t>() +
                            people.at("external").get<std::size_t>();
  }
  for (auto const& conference : cms().conferences()) {
    auto const found = counted.extract(conference.correlator);
    if (found.empty()) return fmt::format("{} is not known", conference.name);
    auto const are = legs_in(conference.correlator).size();
    bool const more = truth_.may_say_more(conference) && found.mapped() > are;
    if (found.mapped() != are && !more)
      return fmt::format("{} ({}) has {} legs of people, counted are {}", conference.name,
                         conference.correlator, are, found.mapped());
  }
  if (!counted.empty()) return fmt::format("{} does not run any more", counted.begin()->first);
  return {};
}

/// By the wall clock at one of its starts they are older than they are kept.
bool NoticesPart::rows_may_age() const {
  return world_.part<OperatorPart>().aged_by() > std::chrono::days(360);
}

/// B2: each leg once, and no machine among them.
void NoticesPart::check_people() {
  for (auto const& conference : cms().conferences()) {
    auto const answer = world_.ask(http::Method::post, "/v1/cms/show",
                                   fmt::format(R"({{"call":"{}"}})", conference.correlator));
    auto const json = answer.json();
    if (answer.status != 200 || !json.contains("people"))
      return world_.fail("B2", fmt::format("cms show {} answered {}: {}", conference.correlator,
                                           answer.status, answer.body));
    std::multiset<std::string> told;
    for (auto const& person : json.at("people"))
      if (person.at("machine") == "" && person.at("counts") == true) told.insert(person.at("leg"));
    std::set<std::string> const once(told.begin(), told.end()),
        are = legs_in(conference.correlator);
    if (once.size() != told.size())
      return world_.fail("B2", fmt::format("{}: a leg counts twice", conference.name));
    bool const more = truth_.may_say_more(conference) && std::ranges::includes(once, are);
    if (once != are && !more)
      return world_.fail("B2", fmt::format("{}: legs {} are in it, {} count", conference.name,
                                           brief(are), brief(once)));
  }
}

/// B3: who was in, as acknowledged records told, is in the report, over all crashes.
void NoticesPart::check_stays() {
  if (rows_may_age()) return;
  auto const answer = world_.ask(http::Method::post, "/v1/cms/report", R"({"since":"2000-01-01"})");
  if (answer.status != 200)
    return world_.fail("B3", fmt::format("cms report answered {}: {}", answer.status, answer.body));
  std::map<std::string, bool> kept;  // whether it ended
  std::string_view rest = answer.body;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto const line = nlohmann::json::parse(rest.substr(0, end), nullptr, false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.contains("stays")) continue;
    for (auto const& stay : line.at("stays")) {
      bool const over = !stay.at("left").is_null();
      auto const [place, fresh] = kept.emplace(stay.at("leg"), over);
      if (!fresh) place->second = place->second && over;
    }
  }
  for (auto const& [leg, stay] : stays_) {
    auto const found = kept.find(leg);
    if (found == kept.end())
      return world_.fail("B3",
                         fmt::format("{}: the leg {} was told of and acknowledged, and is not "
                                     "in the report",
                                     bridges_.at(stay.bridge).name, leg));
    if (stay.ended && !found->second)
      return world_.fail("B3", fmt::format("{}: the end of leg {} was acknowledged, and is not in "
                                           "the report",
                                           bridges_.at(stay.bridge).name, leg));
  }
}

}  // namespace wardroom::world
