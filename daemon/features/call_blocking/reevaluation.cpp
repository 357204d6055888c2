#include "features/call_blocking/reevaluation.hpp"

#include "features/call_blocking/call_reading.hpp"

#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(Verdict const& verdict) {
  return verdict.release ? "release" : "let_through";
}

std::string sentence(Reevaluation const& done) {
  if (done.same()) return "Worked out again from the recorded inputs: the same verdict.";
  std::string out = "WORKED OUT AGAIN FROM THE RECORDED INPUTS, IT IS NOT THE SAME";
  char const* before = ": ";
  for (auto const& d : done.differences) {
    out += fmt::format("{}{} is {} instead of {}", before, d.what, d.again, d.recorded);
    before = ", ";
  }
  return out + ". This is a defect: please report it, with `wardroomctl bugreport`.";
}

}  // namespace

Reevaluation reevaluate(Judgement const& recorded) {
  Reevaluation out;
  auto facts = recorded.facts;
  out.from_measured = recorded.measured.has_value();
  if (recorded.measured) facts.standing = standing_of(*recorded.measured);
  out.standing = facts.standing;
  out.verdict = judge(facts);
  auto const compare = [&](char const* what, std::string_view was, std::string_view is) {
    if (was != is) out.differences.push_back({what, std::string(was), std::string(is)});
  };
  compare("standing", name(recorded.facts.standing), name(out.standing));
  compare("verdict", word(recorded.verdict), word(out.verdict));
  compare("reason", name(recorded.verdict.reason), name(out.verdict.reason));
  compare("applied", name(recorded.verdict.applied), name(out.verdict.applied));
  return out;
}

Result<Reevaluation> reevaluate(Json const& why) {
  if (!why.is_object() || !why.contains("verdict"))
    return failure(ErrorKind::not_found, "The call was not judged.");
  auto const recorded = judgement_from(why);
  if (!recorded)
    return failure(ErrorKind::malformed,
                   "What was recorded cannot be read by this version, so the verdict was not "
                   "worked out again.");
  return reevaluate(*recorded);
}

Json reevaluated_json(Result<Reevaluation> const& done) {
  if (!done) return {{"sentence", done.error().what}, {"error", wardroom::name(done.error().kind)}};
  Json out{{"same", done->same()},
           {"verdict", word(done->verdict)},
           {"reason", name(done->verdict.reason)},
           {"applied", name(done->verdict.applied)},
           {"standing", name(done->standing)},
           {"from", done->from_measured ? "measured" : "standing"},
           {"sentence", sentence(*done)}};
  if (done->same()) return out;
  auto differs = Json::array();
  for (auto const& d : done->differences)
    differs.push_back({{"what", d.what}, {"recorded", d.recorded}, {"again", d.again}});
  out["differs"] = std::move(differs);
  return out;
}

}  // namespace wardroom::call_blocking
