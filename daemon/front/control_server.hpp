/// The operators' door: Unix socket → peer credentials → right → audit → verb → handler.
#pragma once
#include "control/verbs.hpp"
#include "front/local_rights.hpp"
#include "front/verb_audit.hpp"
#include "http/router.hpp"

#include <map>
#include <string>
#include <string_view>

namespace wardroom {

/// Binds handlers to the rows of the verb table and mounts them on a router. Runs on the loop.
/// A changing verb runs only once the audit says that it was asked.
class ControlServer final : public control::Verbs {
 public:
  struct Ports {
    http::Router& router;
    TaskGroup& tasks;
    RightsBook& rights;
    front::VerbAudit& audit;
  };
  explicit ControlServer(Ports ports);
  /// For tests that are about neither: rights at once, nothing is audited.
  using RightsOf = std::function<LocalRights(http::PeerCredentials const&)>;
  ControlServer(http::Router& router, RightsOf rights);
  /// Rights at once, with the audit.
  ControlServer(http::Router& router, TaskGroup& tasks, RightsOf rights, front::VerbAudit& audit);

  void handle(std::string_view words, control::VerbHandler handler) override;
  void handle_stream(std::string_view words, control::VerbStreamHandler handler) override;
  /// Rows of the table nobody handles: a broken invariant to be told at start.
  std::vector<std::string> unhandled() const;

 private:
  using Asked = std::function<Task<Result<LocalRights>>(http::PeerCredentials, control::Right)>;
  /// What the verb may begin with, or the answer that refuses it.
  struct Entry {
    control::VerbCall call{};
    std::optional<front::AskedVerb> asked{};
    std::optional<http::Response> refusal{};
  };
  Task<Entry> enter(control::VerbRow const& row, http::ServerRequest& request);
  Entry judge(control::VerbRow const& row, http::ServerRequest& request,
              Result<LocalRights> const& rights);
  Task<http::Response> run(control::VerbRow const& row, http::ServerRequest& request,
                           control::VerbHandler const& handler);
  void begin_stream(Entry entry, http::Responder responder,
                    control::VerbStreamHandler const& handler);
  control::VerbRow const& row_of(std::string_view words, bool stream);

  http::Router& router_;
  TaskGroup* tasks_ = nullptr;
  RightsOf rights_at_once_{};
  RightsBook* rights_ = nullptr;
  front::VerbAudit* audit_ = nullptr;
  std::map<std::string, bool, std::less<>> handled_;
};

/// The HTTP answer for an Error: its kind as status and code.
http::Response to_response(Error const& error, std::string_view remedy = "");

}  // namespace wardroom
