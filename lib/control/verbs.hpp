/// The daemon's side of the verb table: a handler per row.
#pragma once
#include "base/result.hpp"
#include "control/verb_table.hpp"
#include "http/server_request.hpp"
#include "runtime/task.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::control {

/// What a verb changed: its handler fills this in, and the control server puts it into the audit.
struct Change {
  std::string object{};                 ///< on what: "identity admin", "person 17"
  std::optional<std::string> before{};  ///< JSON; no names, no coordinates, secrets hashed
  std::optional<std::string> after{};   ///< JSON
  std::string text{};                   ///< reasons and names: can be erased
  std::uint32_t text_about = 0;         ///< whose erasure takes `text` along; 0 = the actor's
  std::string correlation{};            ///< binds the records of one request; a verb has its own
};

struct VerbCall {
  VerbRow const* row = nullptr;
  std::map<std::string, std::string, std::less<>> params;  ///< flags are "true"
  http::Caller caller;
  std::shared_ptr<Change> change = std::make_shared<Change>();  ///< never null
  Right right = Right::read;  ///< the most this caller may do; at least what the row demands

  /// Empty when absent.
  std::string_view get(std::string_view name) const {
    auto it = params.find(name);
    return it == params.end() ? std::string_view{} : std::string_view(it->second);
  }
  bool flag(std::string_view name) const { return get(name) == "true"; }
};

/// The answer's "schema" member is added by the control server.
using VerbHandler = std::function<Task<Result<nlohmann::ordered_json>>(VerbCall)>;
/// For streaming verbs: write NDJSON lines until the stream closes.
using VerbStreamHandler = std::function<void(VerbCall, std::shared_ptr<http::ResponseStream>)>;

class Verbs {
 public:
  virtual ~Verbs() = default;
  /// `words` must be a row of the table; a second handler for it is a broken invariant.
  virtual void handle(std::string_view words, VerbHandler handler) = 0;
  virtual void handle_stream(std::string_view words, VerbStreamHandler handler) = 0;
};

}  // namespace wardroom::control
