// /sim/rooms and POST /sim/people/{email}: spaces, who is in them, and who people are.
#include "sim/control_api.hpp"
#include "sim/control_json.hpp"

namespace wardroom::sim {
namespace {
using nlohmann::json;

Answer refused(Error const& error) {
  return trouble(error.kind == ErrorKind::not_found  ? 404
                 : error.kind == ErrorKind::conflict ? 409
                                                     : 400,
                 error.what);
}

}  // namespace

Answer ControlApi::rooms(Request const& request, std::vector<std::string> const& path) {
  auto& all = platform_.rooms;
  auto const wish = request.body.empty() ? json::object() : json::parse(request.body);
  if (path.size() > 2) return trouble(404, "no such route; docs/api.md lists them");
  if (path.size() == 2 && request.method == http::Method::delete_) {
    auto const dropped = all.drop(path[1]);
    return dropped ? ok({{"dropped", path[1]}}) : refused(dropped.error());
  }
  if (request.method == http::Method::get) {
    if (path.size() == 1) return ok({{"rooms", all.state()}});
    auto const one = all.one(path[1]);
    return one ? ok(*one) : refused(one.error());
  }
  if (request.method != http::Method::post)
    return trouble(404, "no such route; docs/api.md lists them");
  auto const told = path.size() == 1 ? all.make(wish) : all.change(path[1], wish);
  return told ? ok(*told, path.size() == 1 ? 201 : 200) : refused(told.error());
}

Answer ControlApi::change_person(std::string const& email, json const& wish) {
  auto const changed = platform_.org.change(email, wish);
  return changed ? ok(person_state(**changed)) : refused(changed.error());
}

}  // namespace wardroom::sim
