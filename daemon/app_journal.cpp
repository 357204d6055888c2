// The journal: who writes into it, who reads it, and how long it is kept.
#include "app_objects.hpp"
#include "base/time_text.hpp"
#include "front/event_verbs.hpp"
#include "front/journal_routes.hpp"

namespace wardroom {

front::SharedJournalPorts App::journal_ports() {
  return std::make_shared<front::JournalPorts const>(
      front::JournalPorts{.loop = loop_,
                          .clock = clock_,
                          .database = *database_,
                          .journal = journal_,
                          .find_person = [this](std::string who) -> Task<Result<PersonNo>> {
                            auto found = co_await people_.resolve(std::move(who));
                            if (!found) co_return std::unexpected(found.error());
                            co_return found->no;
                          },
                          .learn_names = [this](std::vector<PersonNo> people) -> Task<void> {
                            // Without them the lines show numbers, which is no reason to show none.
                            if (auto read = co_await people_.fetch_names(std::move(people)); !read)
                              log::warning("names cannot be read", {{"why", read.error().what}});
                          },
                          .name_of = [this](PersonNo person) -> std::string {
                            auto const* known = people_.cached_name(person);
                            if (!known) return {};
                            return known->name.empty() ? known->email : known->name;
                          }});
}

nlohmann::ordered_json App::journal_status() const {
  auto const& extent = journal_.extent();
  nlohmann::ordered_json out{
      {"entries", extent.entries},
      {"newest", extent.last_seq},
      {"keep_s", std::chrono::floor<std::chrono::seconds>(journal_keeper_.keep()).count()}};
  if (extent.oldest) out["oldest_at"] = iso_text(*extent.oldest);
  return out;
}

void App::mount_journal() {
  auto const ports = journal_ports();
  front::add_event_verbs(verbs_, ports, tasks_);
  front::add_journal_routes(
      public_router_,
      {.journal = ports,
       .tasks = tasks_,
       .alive = [this](std::string const& session) { return sessions_.alive(session); },
       .keep = [this] { return journal_keeper_.keep(); },
       .health = [this] { return std::string(name(worst(signs()))); },
       .audit =
           [this](http::Caller const& who, std::string action, control::Change change) {
             trail_.web(who, std::move(action), std::move(change));
           }});
  alerts_.on_event([this](alerts::AlertEvent const& event) { note_alert(journal_, event); });
  tasks_.spawn("journal keeper", [this] { return journal_keeper_.run(); });
  tasks_.spawn("store notes", [this] { return store_notes_.run(); });
  metrics_.watch(metrics::Kind::gauge, "wardroom_journal_entries", "Entries of the journal.", {},
                 [this] { return double(journal_.extent().entries); });
  metrics_.watch(metrics::Kind::gauge, "wardroom_journal_oldest_seconds",
                 "Age of the oldest entry of the journal; 0 while it has none.", {}, [this] {
                   auto const oldest = journal_.extent().oldest;
                   return oldest ? std::chrono::duration<double>(clock_.now() - *oldest).count()
                                 : 0.0;
                 });
}

}  // namespace wardroom
