/// What a bridge means when it does not do what was asked, in a sentence with a remedy. Pure.
#pragma once
#include "base/result.hpp"
#include "base/xml.hpp"
#include "http/client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::cms {

/// The words of <failureDetails>, such as "callDoesNotExist"; empty when it is no such document.
std::vector<std::string> failure_words(std::string_view body);
/// Whether a parameter is not understood, perhaps for its name.
bool is_parameter_error(std::vector<std::string> const& words);

struct Refusal {
  Error error;
  bool again = false;  ///< a read may find it otherwise in a moment
  bool bad_parameter = false;
};
/// `what` = "cms1: GET https://…/calls"; `names_object` = the path names a call, leg or receiver,
/// so that 404 means that it is gone. Any …DoesNotExist does, whatever the status.
Refusal refused(std::string const& what, http::ClientResponse const& answer, bool names_object,
                Instant now);

/// The answer to a read, whose root must be `root`. Errors: malformed, or what failureDetails says.
Result<xml::Document> document_of(std::string const& what, http::ClientResponse const& answer,
                                  std::string_view root);

}  // namespace wardroom::cms
