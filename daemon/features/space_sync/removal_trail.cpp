#include "features/space_sync/removal_trail.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace wardroom::space_sync {
using Json = nlohmann::ordered_json;

std::string audited_object(Run const& run) {
  return fmt::format("sync job {}, run {}", run.job, run.id);
}

Task<Result<void>> RemovalTrail::begin(std::size_t removals) {
  if (audit_ == nullptr) co_return Result<void>{};
  co_return co_await audit_->daemon_first(
      "sync removals",
      {.object = audited_object(run_->run), .after = Json{{"removals", removals}}.dump()});
}

void RemovalTrail::removed(Uuid person) {
  if (audit_ == nullptr) return;
  people_.push_back(person.text());
  if (people_.size() >= to_a_record) flush();
}

void RemovalTrail::flush() {
  if (audit_ == nullptr || people_.empty()) return;
  audit_->daemon("sync removed", {.object = audited_object(run_->run),
                                  .after = Json{{"people", std::exchange(people_, {})}}.dump()});
}

}  // namespace wardroom::space_sync
