#include "store_part.hpp"

#if __has_include("people_part.hpp")
#include "people_part.hpp"
#endif

#include <fmt/format.h>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

/// The writer tries again once a second (and a slow start of a batch may be in front).
constexpr auto relief = 5s;

std::string colour_of_store(Answered const& answer) {
  auto const body = answer.json();
  if (!body.is_object()) return {};
  for (auto const& sign : body.value("signs", nlohmann::json::array()))
    if (sign.value("part", "") == "store") return sign.value("colour", "");
  return {};
}

}  // namespace

StorePart::StorePart(World& world)
    : world_(world),
      trouble_(world, [this] { trouble_over(); }),
      verbs_(ledger_, [this] { perhaps_crash(); }),
      positions_(
          ledger_, [this] { return world_.now(); }, [this] { perhaps_crash(); }),
      dice_(world.chance("store crashes")),
      crashes_(world.has("crashes on acknowledgement", 600)) {}

void StorePart::prepare() {
  world_.hear_verbs([this](std::string const& path, std::string const& body,
                           Answered const* answer) { verbs_.hear(path, body, answer); });
  world_.hear_log([this](std::string_view line) {
    if (line.starts_with("audit-head ")) heads_ += std::string(line) + "\n";
  });
#if __has_include("people_part.hpp")
  world_.part<PeoplePart>().posts().hear(
      [this](PositionPost const& post) { positions_.hear(post); });
#endif
}

void StorePart::acknowledged(std::string const& key, std::string promise,
                             StoreLedger::Check check) {
  ledger_.acknowledged(key, std::move(promise), std::move(check));
  perhaps_crash();
}

/// Where an answer is heard before its commit, the power goes before the commit.
void StorePart::perhaps_crash() {
  if (!crashes_ || crashes_left_ == 0 || !world_.up() || world_.healed()) return;
  if (!dice_.per_mille(trouble_.now() ? 60 : 2)) return;
  --crashes_left_;
  world_.crash_after(dice_.below(8), Milliseconds(dice_.between(200, 20'000)));
}

void StorePart::look_at_store(std::string_view when) {
  auto const path = world_.folder() + "/state/wardroom.db";
  if (auto const missing = ledger_.look(world_.disk(), path))
    world_.fail(missing->promise, fmt::format("{}: {}", when, missing->sentence));
}

void StorePart::daemon_started() {
  ++moment_;
  looked_ = false;
  look_at_store("as the daemon starts");
}

void StorePart::daemon_gone(bool) {
  ++moment_;
  looked_ = false;
}

// --- acts and faults -----------------------------------------------------------------------------

/// A verb that changes nothing and is in the audit all the same.
void StorePart::act(Chance&) {
  if (world_.up())
    world_.control(http::Method::post, "/v1/log-level", R"({"level":"warning"})",
                   [](Answered const&) {});
}

void StorePart::fault(Chance& chance) {
  if (trouble_.now()) return;
  trouble_.begin(chance);
  ++moment_;
  relief_.cancel();
  if (trouble_.now() == DiskTrouble::Kind::no_writes)
    probe_ = world_.clock().after(Milliseconds(chance.between(0, 3'000)), [this] { probe(); });
}

void StorePart::trouble_over() {
  ++moment_;
  probe_.cancel();
  relief_ = world_.clock().after(relief, [this, moment = moment_] {
    if (moment == moment_) ask_health(HealthColour::red, false);
  });
}

/// While nothing can be written nothing may be acknowledged, and health says why.
void StorePart::probe() {
  if (!world_.up()) return;
  world_.control(http::Method::post, "/v1/log-level", R"({"level":"warning"})",
                 [this, moment = moment_](Answered const& answer) {
                   if (moment != moment_ || !world_.up()) return;
                   if (answer.status == 200)
                     world_.fail("D3", "a verb was done while its audit could not be written");
                   if (answer.status == 503) ask_health(HealthColour::red, true);
                 });
}

void StorePart::ask_health(HealthColour wanted, bool is_wanted) {
  if (!world_.up()) return;
  world_.control(http::Method::get, "/v1/health", {},
                 [this, wanted, is_wanted, moment = moment_](Answered const& answer) {
                   if (moment != moment_ || !world_.up() || answer.status != 200) return;
                   auto const found = colour_of_store(answer);
                   if ((found == wardroom::name(wanted)) == is_wanted) return;
                   world_.fail("D3", fmt::format("the store is shown {} while {}", found,
                                                 is_wanted ? "nothing can be written"
                                                           : "its disk has been well for 5 s"));
                 });
}

// --- what a daemon that is up says ---------------------------------------------------------------

void StorePart::look() {
  if (looked_ || !world_.up()) return;
  looked_ = true;
  verify_audit();
  ask_positions();
}

void StorePart::verify_audit() {
  nlohmann::json body = nlohmann::json::object();
  if (!heads_.empty()) body["heads"] = heads_;
  world_.control(http::Method::post, "/v1/audit/verify", body.dump(),
                 [this](Answered const& answer) { judge_audit(answer); });
}

void StorePart::judge_audit(Answered const& answer) {
  if (answer.status != 200) return;  // it was cut, or the disk does not let it
  auto const said = answer.json();
  if (!said.value("ok", false))
    world_.fail("A1", "the audit does not verify: " + said.value("sentence", answer.body));
  if (said.value("foreign_heads", 0) != 0)
    world_.fail("A1", "the audit's published heads were signed with another key");
}

void StorePart::ask_positions() {
  for (auto const& [email, left] : positions_.newest())
    world_.control(
        http::Method::get, "/v1/people/why?person=" + email, {},
        [this, email, left](Answered const& answer) { judge_position(email, left, answer); });
}

/// The daemon goes on from the newest position it has acknowledged, not from one before.
void StorePart::judge_position(std::string const& email, Uptime left, Answered const& answer) {
  if (answer.status != 200) return;
  auto const said = answer.json();
  if (said.value("standing", "") == "no_fix")
    return world_.fail(
        "D1", fmt::format("a position of {} was acknowledged, the daemon knows none", email));
  auto const fix = said.value("fix", nlohmann::json::object());
  if (!fix.contains("age_s")) return;
  auto const oldest = std::chrono::duration<double>(world_.now() - left).count() + 0.01;
  if (fix.value("age_s", 0.0) > oldest)
    world_.fail("D1", fmt::format("a position of {} was acknowledged {:.1f} s ago, the daemon goes "
                                  "by one that is {:.1f} s old",
                                  email, oldest, fix.value("age_s", 0.0)));
}

// --- the end -------------------------------------------------------------------------------------

bool StorePart::settled() { return !trouble_.now() && looked_; }

void StorePart::finish() {
  look_at_store("at the end");
  nlohmann::json body = nlohmann::json::object();
  if (!heads_.empty()) body["heads"] = heads_;
  auto const verified = world_.ask(http::Method::post, "/v1/audit/verify", body.dump());
  if (verified.status != 200)
    return world_.fail("A1", fmt::format("at the end audit verify is answered {}: {}",
                                         verified.status, verified.body));
  judge_audit(verified);
  auto const health = world_.ask(http::Method::get, "/v1/health");
  if (auto const colour = colour_of_store(health); colour != "green")
    world_.fail("D3", fmt::format("at the end, all healed, the store is shown '{}'", colour));
}

}  // namespace wardroom::world
