/// The verb `doctor`: the checks of every part as a stream of lines, each as soon as it is known.
///
///   {"step":"begin","checks":31,"areas":[…],"config_file","state_folder","version"}
///   {"step":"check","name":"store.writes","area":"store","result":"ok|warning|failed|skipped",
///    "sentence","remedy"?,"took_ms"}
///   {"step":"done","ok":28,"warnings":2,"failed":1,"skipped":0,"took_ms"}
#pragma once
#include "control/verbs.hpp"
#include "process/doctor.hpp"

#include <string>

namespace wardroom {

struct DoctorVerbFacts {
  Doctor& doctor;  ///< outlives the handlers
  std::string config_file;
  std::string state_folder;  ///< of an embedded store; else empty
  std::string version;
};
void add_doctor_verbs(control::Verbs& verbs, DoctorVerbFacts facts);

}  // namespace wardroom
