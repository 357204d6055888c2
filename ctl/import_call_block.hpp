/// The two files of the call-block prototype as one list of values, with their places.
#pragma once
#include "import_plan.hpp"
#include "python_literals.hpp"

#include <map>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// A value as one of the two files has it.
struct FoundValue {
  std::string file;
  int line = 0;
  PythonValue value;
  std::string trouble{};  ///< why it was not understood
};

struct CallBlockFiles {
  std::vector<std::string> order;  ///< names as they come
  std::map<std::string, FoundValue> values;
  ImportPlan notes;  ///< about lines that gave no value, or that do not count
};
/// `.env` and `settings.py` from where the prototype has them; of a name in both settings.py
/// counts, as it did there.
CallBlockFiles read_call_block_files(std::string const& folder);

}  // namespace wardroom::ctl
