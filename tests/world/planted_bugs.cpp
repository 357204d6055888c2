#include "planted_bugs.hpp"

#include <algorithm>

namespace wardroom::world {
namespace {

// One row a mistake, in the order of the layers.
constexpr PlantedBug bugs[] = {
    {"ended-task-stays", "runtime", "leaks G2",
     "a task that has ended stays in the list of its group"},
    {"configuration-stays-open", "config", "leaks",
     "the file of the configuration is not closed when it was read"},
    {"commits-not-synced", "store", "D1 B3 T2 A1", "commits are not synced: synchronous=NORMAL"},
    {"failed-commit-answered-ok", "store", "D1 D3 B3 T2 A1",
     "a commit that failed is answered as one that held"},
    {"body-of-before-stays", "http", "people D1 B3",
     "a connection's next body is put behind the one before"},
    {"effects-ignore-observing", "effects", "observe",
     "acts are carried out although a feature only observes"},
    {"older-effect-overtakes", "effects", "B1",
     "an effect that waits for its next attempt does not give way to a newer one"},
    {"renewals-overlap", "oauth", "T1",
     "a renewal begins while another of the same grant is under way"},
    {"server-error-ends-login", "oauth", "T2",
     "any refusal of a token endpoint ends the login, not only invalid_grant"},
    {"renewed-grant-not-stored", "oauth", "T2 T1", "a renewed grant is in memory only"},
    {"untold-refresh-token-dropped", "oauth", "T1 T2",
     "a renewal that tells no refresh token leaves none, instead of the one there was"},
    {"grant-dropped-by-the-clock", "oauth", "T2",
     "a grant whose access token ended by the wall clock is dropped"},
    {"audit-head-not-kept", "audit", "A1", "the audit's head is not moved on with its records"},
    {"list-ends-after-two-pages", "cisco/webex", "S1 S2 S3",
     "a list ends with its second page, whatever follows"},
    {"failed-page-ends-the-list", "cisco/webex", "S1 S2 S3",
     "a list whose later page fails counts as whole"},
    {"no-list-after-subscribing", "cisco/xsi", "X1",
     "after a new subscription nobody asks for the live calls"},
    {"sequence-gap-ignored", "cisco/xsi", "X1", "a gap in the numbers of events asks for nothing"},
    {"silent-channel-believed", "cisco/xsi", "X4 X1",
     "a stream of which nothing comes any more counts as open"},
    {"blind-seconds-forgotten", "cisco/xsi", "X4", "blind time that lies behind is not added up"},
    {"first-page-is-the-list", "cisco/cms", "B1 B2", "a list of a bridge ends with its first page"},
    {"refused-notice-taken-for-shown", "cisco/cms", "B1",
     "a message that a bridge refused is taken for shown"},
    {"place-not-given-back", "cisco/cms", "B1 B2",
     "a read that ended keeps its place among the requests of a bridge"},
    {"older-fix-wins", "people", "D1 X1",
     "at the start the first that is read of two stored positions counts"},
    {"fix-answered-before-commit", "people", "D1", "a position is answered before it is stored"},
    {"emergency-after-standing", "call_blocking/rules", "X2",
     "where somebody is counts before what they dialled"},
    {"calls-observe-enforces", "call_blocking/rules", "observe",
     "mode: observe is read as enforce"},
    {"stale-at-twice-the-time", "call_blocking/rules", "X1 X3",
     "a position counts for twice the time limit"},
    {"why-forgets-running", "call_blocking/core", "why",
     "the record of a verdict leaves out that the call ran"},
    {"judged-by-the-other-party", "call_blocking/core", "X3 X1 X2",
     "a call is judged by the place of its other party"},
    {"position-judges-nothing", "call_blocking/core", "X1",
     "a new position does not judge the calls of its person"},
    {"checks-not-armed-again", "call_blocking/core", "X1",
     "after one look at a time the next is not waited for"},
    {"verdict-not-asked-again", "call_blocking/door", "X3",
     "a release goes on although its call may by now"},
    {"failed-release-not-repeated", "call_blocking/door", "X1",
     "a release that failed is not tried anew"},
    {"callback-hour-forgotten", "call_blocking/door", "X2",
     "after an emergency call the hour of its callback does not begin"},
    {"spaces-observe-enforces", "space_sync/rules", "observe", "mode: observe is read as enforce"},
    {"other-org-not-protected", "space_sync/core", "S1",
     "members of other organisations are not protected"},
    {"hold-takes-percent-for-a-share", "space_sync/core", "S3",
     "the limit of removals is taken for a hundredfold"},
    {"run-stays-under-way", "space_sync/core", "S2",
     "a run that ended counts as under way, so that the next ones are skipped"},
    {"removed-without-a-look", "space_sync/door", "S1",
     "nobody looks at a person just before removing them"},
    {"last-change-left-out", "space_sync/door", "S2",
     "the last change of a plan is not carried out"},
    {"reload-leaves-a-task", "space_sync/door", "leaks",
     "the task that a reload starts does not end"},
    {"feature-tasks-not-stopped", "space_sync/door", "leaks",
     "the tasks of a feature outlive a stop"},
    {"notices-observe-enforces", "security_notices/rules", "observe",
     "mode: observe is read as enforce"},
    {"gap-not-noticed", "security_notices/core", "B1 B2",
     "a jump in the numbers of records is not noticed"},
    {"doubt-shows-the-old-level", "security_notices/core", "B1",
     "a conference in doubt keeps its level instead of 3"},
    {"level-of-the-best-leg", "security_notices/core", "B1",
     "the level is that of the most trusted participant"},
    {"ended-leg-comes-back", "security_notices/core", "B2",
     "nobody remembers which legs have ended: older records and answers bring them back"},
    {"lowered-by-an-old-reading", "security_notices/core", "B1 B2",
     "a record takes no moment of its own: answers asked for before it count as newer"},
    {"newest-asked-after-reading", "security_notices/door", "B1 B2",
     "a reading counts from its end, as if nothing had come meanwhile"},
    {"record-answered-before-commit", "security_notices/door", "B3",
     "a post of records is answered before it is stored"},
    {"gap-not-read-anew", "security_notices/door", "B2", "a bridge in doubt is not read anew"},
    {"reader-outlives-its-page", "front", "leaks",
     "who follows the journal is read to when the page has gone"},
    {"role-not-asked", "front", "sessions", "a person's session opens what is for administrators"},
    {"logout-not-stored", "front", "sessions", "a session that ended is still in the store"},
    {"sessions-not-read-at-start", "daemon", "sessions",
     "the sessions of the store are not read at the start"},
    {"stop-waits-for-open-pages", "daemon", "G2",
     "a stop waits until the last client has ended its request"},
    {"lane-not-stopped", "daemon", "leaks", "the tasks of the warm connections outlive a stop"},
    {"bad-configuration-taken", "daemon", "G2", "a configuration with a mistake is taken"},
};

}  // namespace

std::span<PlantedBug const> planted_bugs() { return bugs; }

PlantedBug const* planted_bug(std::string_view name) {
  auto const* const found = std::ranges::find(bugs, name, &PlantedBug::name);
  return found == std::end(bugs) ? nullptr : found;
}

bool must_find(PlantedBug const& bug, std::string_view promise) {
  for (auto rest = bug.promises; !rest.empty();) {
    auto const end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == promise) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace wardroom::world
