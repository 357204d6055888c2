#include "sim/certificate_kinds.hpp"

#include <stdexcept>

namespace wardroom::sim {

CertificateKinds::CertificateKinds(std::vector<std::string> names)
    : names_(std::move(names)),
      root_(make_certificate({.common_name = "Wardroom test root", .authority = true})),
      between_(make_certificate({.common_name = "Wardroom test intermediate", .authority = true},
                                &root_)) {}

Certificate CertificateKinds::issue(CertificateWish wish, Certificate const& issuer) const {
  if (wish.names.empty()) wish.names = names_;
  return make_certificate(wish, &issuer);
}

Shown CertificateKinds::show(std::string_view kind) const {
  if (kind == "good") return {issue({}, between_), between_.pem};
  for (auto const& bad_kind : bad())
    if (bad_kind.name == kind) return bad_kind.make(*this);
  throw std::invalid_argument("there is no kind of certificate \"" + std::string(kind) +
                              "\"; known are " + list());
}

std::string CertificateKinds::list() {
  std::string out = "good";
  for (auto const& kind : bad()) out.append(", ").append(kind.name);
  return out;
}

std::vector<CertificateKinds::Kind> const& CertificateKinds::bad() {
  using K = CertificateKinds const&;
  static std::vector<Kind> const all = {
      {"expired", "ended yesterday",
       [](K k) {
         return Shown{k.issue({.valid_from_days = -30, .valid_to_days = -1}, k.between_),
                      k.between_.pem};
       }},
      {"not_yet_valid", "begins the day after tomorrow",
       [](K k) {
         return Shown{k.issue({.valid_from_days = 2, .valid_to_days = 30}, k.between_),
                      k.between_.pem};
       }},
      {"wrong_host", "for elsewhere.example",
       [](K k) {
         return Shown{k.issue({.names = {"DNS:elsewhere.example"}}, k.between_), k.between_.pem};
       }},
      {"self_signed", "signed by itself",
       [](K k) { return Shown{make_certificate({.names = k.names_})}; }},
      {"unknown_ca", "of an authority nobody trusts",
       [](K k) {
         auto const other = make_certificate({.common_name = "Another root", .authority = true});
         return Shown{k.issue({}, other), other.pem};
       }},
      {"wrong_usage", "made for clients only",
       [](K k) { return Shown{k.issue({.usage = "clientAuth"}, k.between_), k.between_.pem}; }},
      {"weak_key", "RSA with 1024 bits",
       [](K k) { return Shown{k.issue({.rsa_bits = 1024}, k.between_), k.between_.pem}; }},
      {"weak_signature", "signed with SHA-1",
       [](K k) { return Shown{k.issue({.sha1 = true}, k.between_), k.between_.pem}; }},
      {"intermediate_missing", "the server does not send its issuer",
       [](K k) { return Shown{k.issue({}, k.between_)}; }},
      {"intermediate_not_a_ca", "issued by a certificate that is no authority",
       [](K k) {
         auto const leaf = k.issue({.common_name = "leaf"}, k.between_);
         return Shown{k.issue({}, leaf), leaf.pem + k.between_.pem};
       }},
      {"name_in_subject_only", "the name stands only in the subject's common name",
       [](K k) {
         CertificateWish wish;
         wish.common_name = k.names_.front().substr(k.names_.front().find(':') + 1);
         return Shown{make_certificate(wish, &k.between_), k.between_.pem};
       }},
      {"forbidden_name", "of an authority that may not issue for this name",
       [](K k) {
         CertificateWish wish;
         wish.common_name = "Wardroom test authority of elsewhere.example";
         wish.authority = true;
         wish.constraints = "permitted;DNS:elsewhere.example,permitted;IP:192.0.2.0/255.255.255.0";
         auto const narrow = make_certificate(wish, &k.root_);
         return Shown{k.issue({}, narrow), narrow.pem};
       }},
  };
  return all;
}

}  // namespace wardroom::sim
