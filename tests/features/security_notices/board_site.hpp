/// The board with a real ledger, fake bridges and virtual time: what its tests stand on.
#pragma once
#include "features/security_notices/bridge_reading.hpp"
#include "features/security_notices/notice_board.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_conferences.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace wardroom::security_notices::test {

inline ClassRules plain_rules() {
  return {.secure = DomainList::make({"secure.example"}).value(),
          .internal = DomainList::make({"acme.example"}).value()};
}

inline NoticeTexts plain_texts() {
  NoticeTexts texts;
  texts.of_level = {"", "Level 1", "Level 2", "Level 3"};
  return texts;
}

struct BoardSite {
  /// Of `bridges` bridges: cms1, cms2, …
  explicit BoardSite(std::size_t bridges_wanted = 2) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < bridges_wanted; ++i) {
      names.push_back("cms" + std::to_string(i + 1));
      bridges.push_back(std::make_unique<wardroom::test::FakeConferences>(clock));
    }
    ledger = std::make_unique<ConferenceLedger>(names, plain_rules());
    for (std::size_t i = 0; i < bridges_wanted; ++i) ledger->set_cluster(BridgeNo(i), true);
    board = std::make_unique<NoticeBoard>(ports(), plain_texts());
    board->set_hear_latency([this](double seconds) { latencies.push_back(seconds); });
  }
  ~BoardSite() {
    stop(tasks);
    stop(effect_tasks);
  }
  void stop(TaskGroup& group) {
    wardroom::test::start_task(io, group.stop(clock, Milliseconds(10)));
    clock.advance(std::chrono::seconds(1));
  }

  NoticeBoard::Ports ports() {
    return {.clock = clock,
            .tasks = tasks,
            .effects = effects,
            .ledger = *ledger,
            .bridge = [this](BridgeNo no) -> Conferences& { return *bridges.at(no); },
            .bridge_name = [](BridgeNo no) { return "cms" + std::to_string(no + 1); },
            .read = [this](ConferenceId id) { return read(std::move(id)); },
            .look_for = [this](CallKey key) { looked_for.push_back(key); },
            .on_wanted =
                [this](ConferenceId const& id, SecurityLevel before, SecurityLevel now,
                       std::string const& cause) {
                  wanted.push_back({id, before, now, cause});
                  return std::uint64_t(wanted.size());
                },
            .on_shown = [this](std::uint64_t no,
                               std::string const& trouble) { shown.emplace_back(no, trouble); },
            .on_reasserted = [this](CallKey key) { reasserted.push_back(key); },
            .may_lower = [this] { return may_lower; },
            .on_change = [this](ConferenceId const&) { ++changes; }};
  }

  /// As the feature reads a conference, but on its known calls only.
  Task<Result<Tick>> read(ConferenceId id) {
    auto const begun = ledger->tick();
    for (auto const& key : ledger->calls(id)) {
      auto reading = co_await read_call(*bridges.at(key.bridge), key.id, {});
      if (reading) {
        hear(ledger->take_call(key, begun, std::move(*reading)));
      } else if (reading.error().kind == ErrorKind::not_found) {
        hear(ledger->take_ended(key, begun));
      } else {
        co_return failure(reading.error().kind,
                          "cms" + std::to_string(key.bridge + 1) + ": " + reading.error().what);
      }
    }
    hear(ledger->take_complete(id, begun));
    co_return begun;
  }
  void resync(BridgeNo bridge) {
    wardroom::test::start_task(io, [](BoardSite& site, BridgeNo no) -> Task<void> {
      auto const begun = site.ledger->tick();
      auto all = co_await read_bridge(*site.bridges.at(no), {});
      if (!all) co_return;
      for (auto const& one : *all)
        site.board->found({no, one.call.facts.id}, begun, one.call.message);
      site.hear(site.ledger->take_bridge(no, begun, std::move(*all)));
    }(*this, bridge));
    clock.drain();
  }

  void hear(Changes const& heard) { board->hear(heard); }
  void apply(BridgeNo bridge, conference::CallRecord record) {
    record.index = next_index[bridge]++;
    hear(ledger->apply(bridge, record));
  }
  /// A call of a conference begins on a bridge.
  void start(BridgeNo bridge, std::string const& call, std::string const& correlator) {
    auto& it = bridges.at(bridge)->add_call(call, correlator);
    conference::CallRecord record;
    record.kind = conference::RecordKind::call_start;
    record.call = it.facts;
    apply(bridge, std::move(record));
  }
  void end(BridgeNo bridge, std::string call) {
    bridges.at(bridge)->end_call(call);
    conference::CallRecord record;
    record.kind = conference::RecordKind::call_end;
    record.call.id = conference::CallId(call);
    apply(bridge, std::move(record));
  }
  void join(BridgeNo bridge, std::string const& call, std::string const& leg,
            std::string const& address) {
    conference::CallRecord record;
    record.kind = conference::RecordKind::leg_start;
    record.leg = bridges.at(bridge)->add_leg(call, leg, address);
    apply(bridge, std::move(record));
  }
  /// By value: it may be the name that the bridge forgets.
  void leave(BridgeNo bridge, std::string leg) {
    bridges.at(bridge)->end_leg(leg);
    record_end(bridge, leg);
  }
  void record_end(BridgeNo bridge, std::string const& leg) {
    conference::CallRecord record;
    record.kind = conference::RecordKind::leg_end;
    record.leg.id = conference::LegId(leg);
    apply(bridge, std::move(record));
  }

  std::string text(BridgeNo bridge, std::string const& call) const {
    auto const message = bridges.at(bridge)->message(call);
    return message.shown() ? message.text : "";
  }
  std::size_t puts() const {
    std::size_t n = 0;
    for (auto const& bridge : bridges) n += bridge->puts.size();
    return n;
  }
  NoticeView view(std::string const& id) const {
    return board->view(ConferenceId(id)).value_or(NoticeView{});
  }
  SecurityLevel level(std::string const& id) const { return view(id).wanted; }
  static CallKey key(BridgeNo bridge, std::string const& call) {
    return {bridge, conference::CallId(call)};
  }

  struct Wanted {
    ConferenceId id;
    SecurityLevel before, now;
    std::string cause;
  };

  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  static void fail(std::string_view, std::exception_ptr why) { std::rethrow_exception(why); }
  TaskGroup effect_tasks{io.get_executor(), fail};
  TaskGroup tasks{io.get_executor(), fail};
  Effects effects{io.get_executor(), clock, effect_tasks};
  std::vector<std::unique_ptr<wardroom::test::FakeConferences>> bridges;
  std::map<BridgeNo, std::uint64_t> next_index;
  std::unique_ptr<ConferenceLedger> ledger;
  std::unique_ptr<NoticeBoard> board;
  std::vector<Wanted> wanted;
  std::vector<std::pair<std::uint64_t, std::string>> shown;
  std::vector<CallKey> reasserted, looked_for;
  std::vector<double> latencies;
  bool may_lower = true;
  std::size_t changes = 0;
};

}  // namespace wardroom::security_notices::test
