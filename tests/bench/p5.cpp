// P5: from the page bodies of 1,000,000 people and 1,000,000 members to the plan, beside parsing
// the same bodies with simdjson and comparing nothing but UUIDs.
#include "bench/forked.hpp"
#include "bench/runs.hpp"
#include "bench/sync_pages.hpp"
#include "cisco/webex/page_reader.hpp"
#include "features/space_sync/membership_plan.hpp"
#include "features/space_sync/uuid_rows.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <stdexcept>

namespace wardroom::bench {
namespace {

constexpr std::uint64_t kPeople = 1'000'000;
constexpr int kRounds = 3;

struct Spent {
  double people = 0, members = 0, plan = 0;  ///< seconds of CPU
  double peak = 0;                           ///< bytes above idle
  double bytes = 0;                          ///< of JSON
  double all() const { return people + members + plan; }
};

/// Adds to `total` what `work` takes.
template <class Work>
auto timed(double& total, Work work) {
  auto const began = thread_seconds();
  auto out = work();
  total += thread_seconds() - began;
  return out;
}

template <class Value>
void must(Result<Value> const& result) {
  if (!result) throw std::runtime_error(result.error().what);
}

void must_be(std::uint64_t found, std::uint64_t expected, std::string_view what) {
  if (found != expected)
    throw std::runtime_error(fmt::format("{} {}, not {}\n", found, what, expected));
}

space_sync::JobSettings job_of_everybody() {
  using enum space_sync::RuleKind;
  space_sync::JobSettings job;
  job.name = "bench";
  job.rules.include = {{domain, {"acme.example"}}};
  job.rules.exclude = {{department_contains, {"Contractor", "Extern"}},
                       {inactive, {}},
                       {invite_pending, {}},
                       {email_file, {}}};
  for (int i = 0; i < 1'000; ++i)
    job.rules.exclude.back().patterns.push_back(fmt::format("gone{}@acme.example", i));
  for (int i = 0; i < 20; ++i) job.protect.people.push_back(fmt::format("board{}@acme.example", i));
  return job;
}

Spent plan_once(SyncPages pages) {
  Spent out;
  auto const job = job_of_everybody();
  space_sync::PlanMemory const memory;
  PeakMemory const peak;
  space_sync::DirectorySnapshot directory(std::make_shared<space_sync::Selection const>(job.rules));
  {
    webex::PageReader people_reader;  // goes with its listing, as in the daemon
    for (std::uint64_t i = 0; i < pages.pages(); ++i) {
      auto body = pages.people(i);
      out.bytes += double(body.size());
      must(timed(out.people, [&] {
        return people_reader.people(std::move(body),
                                    [&](auto page) { return directory.take(page); });
      }));
    }
  }
  timed(out.people, [&] { return directory.finish(), 0; });

  space_sync::MemberSnapshot members(&directory);
  {
    webex::PageReader members_reader;
    for (std::uint64_t i = 0; i < pages.pages(); ++i) {
      auto body = pages.members(i);
      out.bytes += double(body.size());
      must(timed(out.members, [&] {
        return members_reader.members(std::move(body), pages.space(),
                                      [&](auto page) { return members.take(page); });
      }));
    }
  }
  timed(out.members, [&] { return members.finish(), 0; });

  auto const plan = timed(out.plan, [&] {
    auto made =
        space_sync::make_plan({directory, members, job, pages.person(1), pages.org(), memory});
    auto const belonging = space_sync::belonging_members(directory, members);
    must_be(belonging.size(), made.counts.belong - made.counts.add, "members who belong");
    return made;
  });
  out.peak = peak.above_bytes();
  must_be(plan.counts.add, pages.adds(), "adds");
  must_be(plan.counts.remove, pages.removals(), "removals");
  return out;
}

/// Of the items of a page, the UUID in the field that names a person.
void take_ids(simdjson::ondemand::parser& parser, std::string& body, char const* field,
              std::vector<Uuid>& ids) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  auto page = parser.iterate(body);
  for (auto item : page["items"]) {
    auto const id = webex::uuid_of_id(std::string_view(item[field]));
    if (!id) throw std::runtime_error("an id cannot be decoded");
    ids.push_back(*id);
  }
}

Spent bare_once(SyncPages pages) {
  Spent out;
  PeakMemory const peak;
  simdjson::ondemand::parser parser;
  std::vector<Uuid> people, members;
  people.reserve(kPeople);
  members.reserve(kPeople);
  for (std::uint64_t i = 0; i < pages.pages(); ++i) {
    auto body = pages.people(i);
    timed(out.people, [&] { return take_ids(parser, body, "id", people), 0; });
  }
  for (std::uint64_t i = 0; i < pages.pages(); ++i) {
    auto body = pages.members(i);
    timed(out.members, [&] { return take_ids(parser, body, "personId", members), 0; });
  }
  std::size_t adds = 0, removals = 0;
  timed(out.plan, [&] {
    std::ranges::sort(people, space_sync::uuid_less);
    std::ranges::sort(members, space_sync::uuid_less);
    std::vector<Uuid> difference;
    std::ranges::set_difference(people, members, std::back_inserter(difference),
                                space_sync::uuid_less);
    adds = std::exchange(difference, {}).size();
    std::ranges::set_difference(members, people, std::back_inserter(difference),
                                space_sync::uuid_less);
    removals = difference.size();
    return 0;
  });
  out.peak = peak.above_bytes();
  must_be(adds, pages.adds(), "UUIDs more");
  must_be(removals, pages.adds(), "UUIDs fewer");
  return out;
}

/// The run in the middle by its CPU.
template <class Once>
Spent middle(Once once) {
  std::vector<Spent> runs;
  for (int i = 0; i < kRounds; ++i)
    runs.push_back(in_fork([&] { return once(SyncPages(kPeople)); }));
  std::ranges::sort(runs, {}, &Spent::all);
  return runs[kRounds / 2];
}

}  // namespace

void run_p5(Figures& figures) {
  std::string const bare_name = "simdjson parse + UUID diff";
  auto const bare = middle(bare_once);
  auto const ours = middle(plan_once);
  figures.add({"P5", bare_name + ": CPU", bare.all(), "s"});
  figures.add({"P5", bare_name + ": peak above idle", bare.peak / 1e6, "MB"});
  figures.add({"P5", "JSON of both lists", ours.bytes / 1e6, "MB"});
  figures.add({"P5", "plan of 1,000,000 people and 1,000,000 members: CPU", ours.all(), "s",
               bare_name, ours.all() / bare.all(), "<= 1.5 s", ours.all() <= 1.5});
  figures.add(
      {"P5", "of that reading people", ours.people, "s", bare_name, ours.people / bare.people});
  figures.add(
      {"P5", "of that reading members", ours.members, "s", bare_name, ours.members / bare.members});
  figures.add({"P5", "of that planning", ours.plan, "s", bare_name, ours.plan / bare.plan});
  figures.add({"P5", "peak memory above idle", ours.peak / 1e6, "MB", bare_name,
               ours.peak / bare.peak, "<= 150 MB", ours.peak <= 150e6});
}

}  // namespace wardroom::bench
