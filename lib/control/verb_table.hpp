/// Every operator verb in one table: words, parameters, right, help. The daemon binds a handler to
/// each row (and checks at start that none is missing); wardroomctl makes its commands and help
/// from it.
///
/// On the wire a verb is `GET /v1/<words with ->/>` with its parameters in the query when it only
/// reads, and `POST` with a JSON object of them when it changes something (or they may be long):
/// `calls why X` = GET /v1/calls/why?call=X.
#pragma once
#include "http/message.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::control {

enum class Right { read, act, admin };

enum class ParamKind {
  positional,
  option,  ///< --name VALUE
  flag,    ///< --name
};

struct Param {
  std::string_view name;  ///< as in JSON and query: "call", "accuracy"
  ParamKind kind = ParamKind::positional;
  bool required = false;
  std::string_view value;  ///< placeholder in the usage line: "CALL"
  std::string_view help;
  bool asked = false;  ///< required on the wire, but wardroomctl asks for it when it is left out
  /// The audit's record that the verb was asked shows it as it is; all others by keyed hash. Only
  /// for what never names or describes a person and is no secret.
  bool plain = false;
};

struct VerbRow {
  std::string_view words;  ///< "calls why"
  Right right = Right::read;
  bool changes = false;      ///< POST instead of GET
  bool stream = false;       ///< NDJSON until one side ends it
  bool long_params = false;  ///< POST although it changes nothing: parameters may be long
  bool local = false;        ///< wardroomctl does it by itself; the daemon has no handler
  std::string_view schema;   ///< "wardroom.calls_why/1"
  std::string_view summary;
  std::vector<Param> params;
  std::vector<std::string_view> examples;
};

std::span<VerbRow const> verb_table();
VerbRow const* find_verb(std::string_view words);
std::string path_of(VerbRow const& row);  ///< "/v1/calls/why"
http::Method method_of(VerbRow const& row);

}  // namespace wardroom::control
