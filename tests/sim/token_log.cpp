#include "sim/token_log.hpp"

#include "sim/instant_text.hpp"

namespace wardroom::sim {
namespace {
constexpr std::size_t kept = 1000;
}

TokenLog::Ticket::Ticket(std::shared_ptr<State> state, std::shared_ptr<Entry> entry)
    : state_(std::move(state)), entry_(std::move(entry)) {
  if (entry_->kind != "refresh" || entry_->grant.empty()) return;
  counted_ = entry_->grant;
  entry_->overlap = state_->under_way[counted_]++ > 0;
  if (entry_->overlap) ++state_->overlaps;
}

TokenLog::Ticket::~Ticket() {
  if (counted_.empty()) return;
  if (--state_->under_way[counted_] == 0) state_->under_way.erase(counted_);
}

void TokenLog::Ticket::tell(std::string outcome, std::string const& grant) const {
  entry_->outcome = std::move(outcome);
  if (!grant.empty()) entry_->grant = grant;
}

std::shared_ptr<TokenLog::Ticket> TokenLog::begin(Instant at, std::string kind, std::string grant) {
  auto entry = std::make_shared<Entry>(Entry{at, std::move(kind), std::move(grant)});
  state_->entries.push_back(entry);
  if (state_->entries.size() > kept) state_->entries.pop_front();
  return std::make_shared<Ticket>(state_, std::move(entry));
}

std::uint64_t TokenLog::overlaps() const { return state_->overlaps; }

nlohmann::json TokenLog::entries() const {
  auto out = nlohmann::json::array();
  for (auto const& e : state_->entries)
    out.push_back({{"at", text_of(e->at)},
                   {"kind", e->kind},
                   {"grant", e->grant.empty() ? nlohmann::json() : nlohmann::json(e->grant)},
                   {"outcome", e->outcome},
                   {"overlap", e->overlap}});
  return out;
}

void TokenLog::clear() { state_->entries.clear(); }

}  // namespace wardroom::sim
