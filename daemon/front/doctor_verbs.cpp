#include "front/doctor_verbs.hpp"

#include "base/encoding.hpp"
#include "front/ndjson.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom {
namespace {

using nlohmann::ordered_json;
using Stream = std::shared_ptr<http::ResponseStream>;

ordered_json to_line(CheckReport const& report) {
  ordered_json line{{"step", "check"},
                    {"name", report.name},
                    {"area", report.area},
                    {"result", name(report.finding.result)},
                    {"sentence", report.finding.sentence}};
  if (!report.finding.remedy.empty()) line["remedy"] = report.finding.remedy;
  line["took_ms"] = report.took.count();
  return line;
}

ordered_json to_line(CheckTotals const& totals) {
  return {{"step", "done"},          {"ok", totals.ok},           {"warnings", totals.warnings},
          {"failed", totals.failed}, {"skipped", totals.skipped}, {"took_ms", totals.took.count()}};
}

void examine(DoctorVerbFacts const& facts, control::VerbCall const& call, Stream const& stream) {
  auto const areas = facts.doctor.areas();
  CheckWish wish{std::string(call.get("area")), call.flag("deep")};
  if (!wish.area.empty() && std::ranges::find(areas, wish.area) == areas.end()) {
    auto const near = nearest(wish.area, areas);
    write_error(*stream, {ErrorKind::malformed,
                          fmt::format("there is no area '{}'{}; there are {}", wish.area,
                                      near ? fmt::format(", did you mean '{}'?", *near) : "",
                                      fmt::join(areas, ", "))});
    return stream->close();
  }
  ordered_json begin{{"step", "begin"},
                     {"checks", facts.doctor.count(wish.area)},
                     {"areas", areas},
                     {"config_file", facts.config_file}};
  if (!facts.state_folder.empty()) begin["state_folder"] = facts.state_folder;
  begin["version"] = facts.version;
  write_line(*stream, begin);
  facts.doctor.examine(
      std::move(wish),
      {.report = [stream](CheckReport const& report) { write_line(*stream, to_line(report)); },
       .done =
           [stream](CheckTotals const& totals) {
             write_line(*stream, to_line(totals));
             stream->close();
           },
       .wanted = [stream] { return stream->open(); }});
}

}  // namespace

void add_doctor_verbs(control::Verbs& verbs, DoctorVerbFacts facts) {
  verbs.handle_stream("doctor", [facts = std::move(facts)](control::VerbCall call, Stream stream) {
    examine(facts, call, stream);
  });
}

}  // namespace wardroom
