// What GET /sim/state tells: everything there is, without secrets.
#include "sim/control_api.hpp"
#include "sim/instant_text.hpp"

namespace wardroom::sim {

using nlohmann::json;

json ControlApi::person_state(Person const& p) const {
  json out{{"email", p.email},
           {"name", p.name()},
           {"person_id", p.id},
           {"uuid", p.uuid},
           {"xsi_user", p.xsi_user},
           {"number", p.e164()},
           {"extension", p.extension},
           {"admin", p.full_admin},
           {"country", p.office->country},
           {"office", p.office->name},
           {"location", nullptr},
           {"browser", nullptr},
           {"department", p.department},
           {"title", p.title},
           {"login_enabled", p.login_enabled},
           {"invite_pending", p.invite_pending},
           {"gone", p.gone}};
  if (auto const* browser = browsers_.find(p.email)) {
    if (auto const at = browser->position())
      out["location"] = {{"latitude", at->where.latitude},
                         {"longitude", at->where.longitude},
                         {"accuracy", at->accuracy_m}};
    if (browser->open()) out["browser"] = browser->state();
  }
  return out;
}

json ControlApi::state() const {
  constexpr std::size_t shown = 500;
  json people = json::array();
  for (std::size_t i = 0; i < platform_.org.people().size() && i < shown; ++i)
    people.push_back(person_state(platform_.org.people()[i]));
  auto place = [](char const* name, GeoPoint p) {
    return json{{"name", name}, {"latitude", p.latitude}, {"longitude", p.longitude}};
  };
  return {{"now", text_of(clock_.now())},
          {"organisation",
           {{"name", platform_.org.name()},
            {"id", platform_.org.id()},
            {"uuid", platform_.org.uuid()},
            {"people", platform_.org.people().size()}}},
          {"addresses", sockets_.addresses()},
          {"places",
           {place("Vienna", vienna), place("Paris", paris), place("Budapest", budapest),
            place("Denver", denver)}},
          {"people", std::move(people)},
          {"calls", platform_.calls.state()},
          {"channels", platform_.xsi.channels()},
          {"subscriptions", platform_.xsi.subscriptions()},
          {"grants", platform_.oauth.book().grants()},
          {"rooms", platform_.rooms.state()},
          {"groups", platform_.groups.state()},
          {"messages", platform_.messages.size()},
          {"mails", platform_.mail.size()},
          {"device_attempts", platform_.device.attempts()},
          {"faults", sim::to_json(platform_.faults)},
          {"counters", platform_.counters()},
          {"load", platform_.load.state()},
          {"dns", platform_.dns.state()},
          {"acts", CallSim::act_names()},
          {"violations", platform_.calls.violations()},
          {"last_story", last_story_}};
}

}  // namespace wardroom::sim
