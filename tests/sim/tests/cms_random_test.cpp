// Whatever people do, the records of simulated bridges tell where every leg is, and so does the
// API.
#include "sim/tests/cms_kit.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>

#include <set>

namespace wardroom::sim::test {
namespace {

/// What somebody who believes every record knows of one bridge.
struct Believer {
  std::set<std::string> calls;
  std::map<std::string, std::string> legs;  ///< to the call; "" = in none

  void hear(CmsKit::Seen const& r) {
    auto const call = r.values.find("call");
    if (r.type == "callStart") calls.insert(r.id);
    if (r.type == "callLegStart") legs[r.id] = call == r.values.end() ? "" : call->second;
    if (r.type == "callLegUpdate" && call != r.values.end()) legs.at(r.id) = call->second;
    if (r.type == "callLegEnd") legs.erase(r.id);
    if (r.type != "callEnd") return;
    calls.erase(r.id);
    std::erase_if(legs, [&](auto const& leg) { return leg.second == r.id; });
  }
};

struct CmsRandomTest : CmsKit {
  CmsRandomTest() {
    for (std::size_t i = 0; i < 3; ++i)
      if (!cms.add_bridge().add_receiver("http://127.0.0.1/cdr")) throw std::runtime_error("full");
  }
  std::uint64_t somebody(wardroom::test::Dice& throws) {
    auto at = cms.people().begin();
    std::advance(at, std::ptrdiff_t(throws.below(cms.people().size())));
    return at->first;
  }
  // Refusals are fine: not everything can be done to everybody.
  void act(wardroom::test::Dice& throws) {
    auto const conference = fmt::format("c{}", throws.below(3));
    auto const bridge = std::size_t(throws.below(3));
    if (cms.people().empty() || throws.one_in(3)) {
      CmsJoin wish;
      wish.conference = conference;
      wish.bridge = bridge;
      wish.via = CmsVia(throws.below(6));
      wish.state = CmsState(throws.below(4));
      wish.address = throws.one_in(2) ? "a@secure.acme.example" : "b@partner.example";
      wish.early_call = throws.one_in(2);
      static_cast<void>(cms.join(std::move(wish)));
      return;
    }
    auto const who = somebody(throws);
    switch (throws.below(12)) {
      case 0:
        static_cast<void>(cms.admit(who));
        break;
      case 1:
        static_cast<void>(cms.answer(who));
        break;
      case 2:
        static_cast<void>(cms.put_through(who, conference));
        break;
      case 3:
        static_cast<void>(cms.readdress(who, "c@acme.example"));
        break;
      case 4:
        static_cast<void>(cms.share(who));
        break;
      case 5:
        static_cast<void>(cms.move(who, bridge, CmsMoveOrder(throws.below(2))));
        break;
      case 6:
        static_cast<void>(cms.start_machine(conference, bridge, true, throws.one_in(2)));
        break;
      case 7:
        static_cast<void>(cms.mention(who, {false, false}));
        break;
      case 8:
        if (throws.one_in(4)) static_cast<void>(cms.end(conference, throws.one_in(2)));
        break;
      case 9:
        cms.scan(bridge);
        break;
      default:
        static_cast<void>(cms.leave(who));
        break;
    }
  }
};

TEST_F(CmsRandomTest, records_and_answers_tell_the_same_as_the_truth) {
  wardroom::test::Dice throws(81);
  std::array<Believer, 3> believers;
  for (int step = 0; step < 600; ++step) {
    act(throws);
    for (std::size_t i = 0; i < 3; ++i) {
      auto const& b = cms.bridge(i);
      for (auto const& r : records(i)) believers[i].hear(r);
      std::map<std::string, std::string> truth;
      for (auto const& [id, leg] : b.legs) truth[id] = leg.call;
      ASSERT_EQ(believers[i].legs, truth) << "step " << step << ", seed " << wardroom::test::seed();
      ASSERT_EQ(believers[i].calls.size(), b.calls.size()) << step;
    }
    for (auto const& [no, person] : cms.people()) {
      ASSERT_FALSE(person.legs.empty());
      for (auto const& id : person.legs)
        ASSERT_EQ(cms.bridge(person.bridge).legs.at(id).call, person.call) << step;
    }
    for (auto const& c : cms.conferences()) {
      ASSERT_FALSE(c.calls.empty());
      for (auto const& [at, id] : c.calls) {
        auto const call = get("/calls/" + id, at);
        EXPECT_EQ(call.root().text_of("numDistributedInstances"),
                  std::to_string(c.calls.size() - 1));
        std::size_t links = 0;
        for (auto const* leg : cms.bridge(at).legs_of(id)) links += leg->link ? 1 : 0;
        ASSERT_EQ(links, c.calls.size() - 1) << "a full mesh, step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace wardroom::sim::test
