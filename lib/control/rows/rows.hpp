/// The rows of the verb table, one function a topic, and what they are written with.
#pragma once
#include "control/verb_table.hpp"

namespace wardroom::control {

std::vector<VerbRow> life_rows();
std::vector<VerbRow> event_rows();
std::vector<VerbRow> config_rows();
std::vector<VerbRow> login_rows();
std::vector<VerbRow> alert_rows();
std::vector<VerbRow> call_rows();
std::vector<VerbRow> session_rows();
std::vector<VerbRow> store_rows();
std::vector<VerbRow> audit_rows();
std::vector<VerbRow> site_rows();
std::vector<VerbRow> sync_rows();
std::vector<VerbRow> cms_rows();

inline constexpr auto option = ParamKind::option;
inline constexpr auto flag = ParamKind::flag;

inline Param positional(std::string_view name, std::string_view value, std::string_view help,
                        bool required = true) {
  return {name, ParamKind::positional, required, value, help};
}

inline Param identity_option() {
  return {"identity", option, false, "NAME", "which configured identity; admin unless given",
          false,      true};
}
/// Neither about a person nor a secret: the audit shows it as it is.
inline Param plain(Param param) {
  param.plain = true;
  return param;
}
inline Param person_word() {
  return positional("person", "P", "a person number, an e-mail address or part of a name");
}
inline Param call_word() { return positional("call", "CALL", "a call id, or a unique end of one"); }

}  // namespace wardroom::control
