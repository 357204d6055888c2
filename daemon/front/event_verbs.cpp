#include "front/event_verbs.hpp"

#include "front/ndjson.hpp"

namespace wardroom::front {
namespace {

using control::VerbCall;

Task<void> events(SharedJournalPorts ports, VerbCall call,
                  std::shared_ptr<http::ResponseStream> stream) {
  auto query = read_journal_query([&](std::string_view name) { return call.get(name); },
                                  call.flag("follow"), ports->clock.now());
  if (!query) {
    write_error(*stream, query.error());
    co_return stream->close();
  }
  auto plan = co_await plan_journal(ports, std::move(*query), events_shown);
  if (!plan) {
    write_error(*stream, plan.error());
    co_return stream->close();
  }
  plan->format = call.flag("csv") ? store::EventFormat::csv : store::EventFormat::ndjson;
  plan->naming = call.right == control::Right::read ? store::Naming::withheld : store::Naming::told;
  co_await pour_journal(ports, std::move(*plan), std::move(stream));
}

}  // namespace

void add_event_verbs(control::Verbs& verbs, SharedJournalPorts ports, TaskGroup& tasks) {
  verbs.handle_stream("events",
                      [ports, &tasks](VerbCall call, std::shared_ptr<http::ResponseStream> stream) {
                        tasks.spawn("events verb", [ports, call = std::move(call), stream] {
                          return events(ports, call, stream);
                        });
                      });
}

}  // namespace wardroom::front
