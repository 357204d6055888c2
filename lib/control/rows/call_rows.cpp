// Verbs about calls, people and fences.
#include "control/rows/rows.hpp"

namespace wardroom::control {
namespace {

Param reason_option() {
  return {"reason", option, true, "TEXT", "why; shown to whoever asks later"};
}
Param for_option() {
  return plain(
      {"for", option, false, "DURATION", "ends by itself after this long; for good unless given"});
}

}  // namespace

std::vector<VerbRow> call_rows() {
  return {
      {.words = "calls list",
       .schema = "wardroom.calls_list/1",
       .summary = "Calls and what was decided about them, newest first",
       .params = {{"limit", option, false, "N", "at most this many; 50 unless given"},
                  {"person", option, false, "P", "only this person's"}},
       .examples = {"calls list", "calls list --limit 10 --person ada@acme.example"}},
      {.words = "calls show",
       .schema = "wardroom.calls_show/1",
       .summary = "One call and every event seen of it",
       .params = {call_word()},
       .examples = {"calls show 20450000101:0"}},
      {.words = "calls why",
       .schema = "wardroom.calls_why/1",
       .summary = "Why a call was let through or released, step by step",
       .params = {call_word()},
       .examples = {"calls why 20450000101:0"}},
      {.words = "monitor start",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.monitor/1",
       .summary = "Begins to watch the organisation's calls",
       .examples = {"monitor start"}},
      {.words = "monitor stop",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.monitor/1",
       .summary = "Stops watching: every call passes until monitoring starts again",
       .examples = {"monitor stop"}},
      {.words = "monitor status",
       .schema = "wardroom.monitor/1",
       .summary = "The event channels to Webex Calling and how well they run",
       .examples = {"monitor status"}},
      {.words = "people list",
       .schema = "wardroom.people_list/1",
       .summary = "People, where they stand and whether their calls are allowed",
       .params = {{"standing", option, false, "WORD",
                   "only inside, outside, uncertain, stale or no_fix"},
                  {"limit", option, false, "N", "at most this many; 50 unless given"}},
       .examples = {"people list", "people list --standing outside"}},
      {.words = "people show",
       .schema = "wardroom.people_show/1",
       .summary = "One person, with ids, number and sessions",
       .params = {person_word()},
       .examples = {"people show ada@acme.example"}},
      {.words = "people why",
       .schema = "wardroom.people_why/1",
       .summary = "Why a person's calls are allowed or blocked right now",
       .params = {person_word()},
       .examples = {"people why ada"}},
      {.words = "allow",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.override/1",
       .summary = "Lets a person call from anywhere, whatever their place",
       .params = {person_word(), reason_option(), for_option()},
       .examples = {"allow ada@acme.example --reason 'on a business trip' --for 3d"}},
      {.words = "block",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.override/1",
       .summary = "Releases a person's calls wherever they are; never emergency calls",
       .params = {person_word(), reason_option(), for_option()},
       .examples = {"block 17 --reason 'phone reported stolen'"}},
      {.words = "exempt",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.override/1",
       .summary = "Takes a person out of the rules of place altogether",
       .params = {person_word(), reason_option(), for_option()},
       .examples = {"exempt ada --reason 'agreed with the works council'"}},
      {.words = "override list",
       .schema = "wardroom.override_list/1",
       .summary = "Who is allowed, blocked or exempt by an operator, by whom, why and until when",
       .examples = {"override list"}},
      {.words = "override remove",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.override_remove/1",
       .summary = "Ends an override: the person's place decides again",
       .params = {person_word()},
       .examples = {"override remove ada@acme.example"}},
      {.words = "fence list",
       .schema = "wardroom.fence_list/1",
       .summary = "The fences in force and their policies",
       .examples = {"fence list"}},
      {.words = "fence test",
       .schema = "wardroom.fence_test/1",
       .summary = "On which side of each fence a point lies, and how far from the border",
       .params = {positional("latitude", "LAT", "degrees, south is negative"),
                  positional("longitude", "LON", "degrees, west is negative"),
                  positional("accuracy", "ACC", "metres; 0 unless given", false)},
       .examples = {"fence test 48.2082 16.3738", "fence test -33.8688 151.2093 50"}},
  };
}

}  // namespace wardroom::control
