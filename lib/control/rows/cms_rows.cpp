// Verbs about conferences on meeting servers and the security level they show.
#include "control/rows/rows.hpp"

namespace wardroom::control {
namespace {

Param bridge_word(std::string_view help) {
  return plain(positional("bridge", "BRIDGE", help, false));
}

VerbRow report_row() {
  return {
      .words = "cms report",
      .right = Right::act,
      .changes = true,  // nothing; but it names people, and who read it is written down
      .stream = true,
      .schema = "wardroom.cms_report/1",
      .summary = "Who was in which conference, and when it showed which level",
      .params = {plain({"since", option, false, "T",
                        "conferences that went on after 2h ago, 1d ago, 2026-11-22, "
                        "2026-11-22T14:30Z (UTC); 1d ago unless given"}),
                 plain({"until", option, false, "T", "only those that began before that"}),
                 plain({"conference", option, false, "ID",
                        "only this one: its id, or the beginning of it"}),
                 plain({"level", option, false, "N",
                        "only those in which somebody of level N or worse was; 1, 2 or 3"}),
                 {"csv", flag, false, "", "comma separated values, for spreadsheets"}},
      .examples = {"cms report", "cms report --since 7d --level 3",
                   "cms report --conference 7e6d5c4b", "cms report --since 30d --csv > who.csv"}};
}

}  // namespace

std::vector<VerbRow> cms_rows() {
  return {
      {.words = "cms status",
       .schema = "wardroom.cms_status/1",
       .summary = "The meeting servers: whether they answer and post, what is in doubt",
       .examples = {"cms status", "cms status --json"}},
      {.words = "cms calls",
       .schema = "wardroom.cms_calls/1",
       .summary = "The conferences that run now: level, why, and what their screens show",
       .params = {{"level", option, false, "N", "only those at level N or worse; 1, 2 or 3"},
                  plain({"bridge", option, false, "BRIDGE", "only those with a call there"})},
       .examples = {"cms calls", "cms calls --level 3", "cms calls --bridge cms1"}},
      {.words = "cms show",
       .right = Right::act,
       .changes = true,  // nothing; but it names people, as cms report does
       .schema = "wardroom.cms_show/1",
       .summary = "One running conference: who is in it and why they count, how its level went",
       .params = {positional("call", "CALL",
                             "a conference's id or the beginning of it, a call's id, or a name")},
       .examples = {"cms show 7e6d5c4b", "cms show 'Project Board'"}},
      report_row(),
      {.words = "cms resync",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.cms_resync/1",
       .summary = "Asks the meeting servers anew what runs on them, and compares",
       .params = {bridge_word("only this one, as `cms status` names it; all unless given")},
       .examples = {"cms resync", "cms resync cms1"}},
      {.words = "cms register",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.cms_register/1",
       .summary = "Enters our receiver of call records at the meeting servers where it is missing",
       .params = {bridge_word("only this one, as `cms status` names it; all unless given")},
       .examples = {"cms register", "cms register cms1"}},
  };
}

}  // namespace wardroom::control
