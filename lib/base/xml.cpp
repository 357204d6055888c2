#include "base/xml.hpp"

#include "base/expat_setup.hpp"

#include <cstring>
#include <exception>
#include <new>

namespace wardroom::xml {
namespace {

constexpr char separator = '\n';  // between namespace and local name in what expat tells
constexpr std::size_t remembered_name_spaces = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool has_high_byte(std::string_view bytes) {
  for (char c : bytes)
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

}  // namespace

// --- Builder: expat's callbacks → a tree -------------------------------------------------------

class Builder {
 public:
  explicit Builder(Limits limits) : limits_(limits) {}

  void attach(XML_Parser parser) {
    parser_ = parser;
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetUnknownEncodingHandler(parser, on_encoding, nullptr);
  }
  void clear() {
    document.chars_.clear();
    document.nodes_.clear();
    document.attributes_.clear();
    if (document.name_spaces_.size() > remembered_name_spaces) document.name_spaces_.clear();
    open_.clear();
    refusal.clear();
    thrown = nullptr;
    end.reset();
  }

  Document document;
  std::string refusal;              // why we stopped the parser; empty when we did not
  std::exception_ptr thrown;        // by us; may not pass through expat, which is C
  std::optional<std::int64_t> end;  // offset just behind the root's end tag

 private:
  static Builder& self(void* data) { return *static_cast<Builder*>(data); }
  static void XMLCALL on_start(void* data, char const* name, char const** attributes) {
    self(data).guarded([&](Builder& b) { b.start(name, attributes); });
  }
  static void XMLCALL on_end(void* data, char const*) {
    self(data).guarded([](Builder& b) { b.finish(); });
  }
  static void XMLCALL on_text(void* data, char const* text, int size) {
    self(data).guarded([&](Builder& b) { b.append({text, static_cast<std::size_t>(size)}); });
  }
  static void XMLCALL on_doctype(void* data, char const*, char const*, char const*, int) {
    self(data).guarded([](Builder& b) { b.refuse("it has a DOCTYPE, which is never accepted"); });
  }
  static int XMLCALL on_encoding(void*, char const*, XML_Encoding* info) {
    for (int i = 0; i < 256; ++i) info->map[i] = i;
    info->data = nullptr;
    info->convert = nullptr;
    info->release = nullptr;
    return XML_STATUS_OK;
  }

  template <class Work>
  void guarded(Work work) noexcept {
    if (thrown) return;
    try {
      work(*this);
    } catch (...) {
      thrown = std::current_exception();
      XML_StopParser(parser_, XML_FALSE);
    }
  }

  void refuse(std::string why) {
    if (refusal.empty()) refusal = std::move(why);
    XML_StopParser(parser_, XML_FALSE);
  }

  Document::Span keep(std::string_view text) {
    auto const begin = static_cast<std::uint32_t>(document.chars_.size());
    document.chars_.append(text);
    return {begin, static_cast<std::uint32_t>(text.size())};
  }

  std::uint32_t name_space(std::string_view uri) {
    auto& known = document.name_spaces_;
    for (std::uint32_t i = 0; i < known.size(); ++i)
      if (known[i] == uri) return i;
    known.emplace_back(uri);
    return static_cast<std::uint32_t>(known.size() - 1);
  }

  static std::string_view local_part(char const* name) {
    auto const* cut = std::strchr(name, separator);
    return cut ? std::string_view(cut + 1) : std::string_view(name);
  }

  void start(char const* name, char const** attributes) {
    if (open_.size() >= limits_.depth)
      return refuse("it is nested deeper than " + std::to_string(limits_.depth) + " elements");
    if (document.nodes_.size() >= limits_.elements)
      return refuse("it has more than " + std::to_string(limits_.elements) + " elements");
    auto const index = static_cast<std::uint32_t>(document.nodes_.size());
    Document::Node node;
    auto const local = local_part(name);
    auto const uri_size = static_cast<std::size_t>(local.data() - name);
    node.name_space = name_space({name, uri_size == 0 ? 0 : uri_size - 1});
    node.name = keep(local);
    node.attributes = static_cast<std::uint32_t>(document.attributes_.size());
    for (; *attributes; attributes += 2) {
      auto const key = keep(local_part(attributes[0]));
      document.attributes_.push_back({key, keep(attributes[1])});
      ++node.attribute_count;
    }
    document.nodes_.push_back(node);
    if (!open_.empty()) link(open_.back(), index);
    open_.push_back(index);
  }

  void link(std::uint32_t parent, std::uint32_t child) {
    auto& nodes = document.nodes_;
    if (nodes[parent].first_child == 0)
      nodes[parent].first_child = child;
    else
      nodes[nodes[parent].last_child].next = child;
    nodes[parent].last_child = child;
  }

  void finish() {
    if (!refusal.empty()) return;  // of a self-closing element whose start was refused
    open_.pop_back();
    if (!open_.empty()) return;
    end = XML_GetCurrentByteIndex(parser_) + XML_GetCurrentByteCount(parser_);
    XML_StopParser(parser_, XML_FALSE);
  }

  void append(std::string_view text) {
    if (open_.empty()) return;
    auto& node = document.nodes_[open_.back()];
    if (node.first_child != 0) return;  // mixed content is not for the formats we read
    if (node.text.size == 0) node.text.begin = static_cast<std::uint32_t>(document.chars_.size());
    document.chars_.append(text);
    node.text.size += static_cast<std::uint32_t>(text.size());
  }

  Limits limits_;
  XML_Parser parser_ = nullptr;
  std::vector<std::uint32_t> open_;
};

// --- DocumentStream ----------------------------------------------------------------------------

void DocumentStream::Free::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

DocumentStream::DocumentStream(Limits limits, OnDocument on_document)
    : limits_(limits),
      on_document_(std::move(on_document)),
      parser_(XML_ParserCreateNS(nullptr, separator)),
      builder_(std::make_unique<Builder>(limits)) {
  if (!parser_) throw std::bad_alloc();
  begin_document(nullptr);
}

DocumentStream::~DocumentStream() = default;

Document const& DocumentStream::partial() const { return builder_->document; }

void DocumentStream::reset() {
  fault_.reset();
  between_ = true;
  mark_ = 0;
  begin_document(nullptr);
}

// A reset forgets handlers, salt and the deferral switch: all are set again each time.
void DocumentStream::begin_document(char const* encoding) {
  XML_ParserReset(parser_.get(), encoding);
  set_up(parser_.get());
  builder_->clear();
  builder_->attach(parser_.get());
  latin1_ = encoding != nullptr;
  if (!latin1_) raw_.clear();
}

void DocumentStream::fail(std::string why) {
  fault_ = Error{ErrorKind::malformed, "an XML document was refused: " + std::move(why)};
}

// White space, NUL and byte order marks. A mark may be cut too, hence the counter.
std::size_t DocumentStream::skip_between(std::string_view bytes) {
  static constexpr unsigned char mark[] = {0xEF, 0xBB, 0xBF};
  std::size_t i = 0;
  for (; i < bytes.size(); ++i) {
    char const c = bytes[i];
    if (static_cast<unsigned char>(c) == mark[mark_])
      mark_ = (mark_ + 1) % 3;
    else if (mark_ != 0 || !(is_space(c) || c == '\0'))
      break;
  }
  return i;
}

Result<void> DocumentStream::feed(std::string_view bytes) {
  while (!bytes.empty() && !fault_) {
    if (between_) {
      bytes.remove_prefix(skip_between(bytes));
      if (bytes.empty()) break;
      if (mark_ != 0 || bytes.front() != '<') {
        fail("there is something else than white space between two documents");
        break;
      }
      between_ = false;
    }
    // Never more than would break the limit, so that the verdict does not depend on the cut.
    auto const piece = bytes.substr(0, limits_.bytes + 1 - std::min(raw_.size(), limits_.bytes));
    auto const used = parse(piece);
    if (!used) break;
    bytes.remove_prefix(*used);
  }
  if (fault_) return std::unexpected(*fault_);
  return {};
}

// Answers how many of `bytes` belong to the document; nullopt after a fault.
std::optional<std::size_t> DocumentStream::parse(std::string_view bytes) {
  auto const before = raw_.size();
  auto const status =
      XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), XML_FALSE);
  if (builder_->thrown) std::rethrow_exception(builder_->thrown);
  if (builder_->end) {
    auto const total = static_cast<std::size_t>(*builder_->end);
    if (total > limits_.bytes) {
      fail("it is longer than " + std::to_string(limits_.bytes) + " bytes");
      return std::nullopt;
    }
    between_ = true;
    on_document_(builder_->document);
    begin_document(nullptr);
    return total - before;
  }
  if (status == XML_STATUS_ERROR) {
    auto const code = XML_GetErrorCode(parser_.get());
    if (code == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
    if (builder_->refusal.empty() && code == XML_ERROR_INVALID_TOKEN && !latin1_ &&
        (has_high_byte(raw_) || has_high_byte(bytes)))
      return parse_as_latin1(bytes);
    fail(builder_->refusal.empty() ? std::string(XML_ErrorString(code)) : builder_->refusal);
    return std::nullopt;
  }
  raw_.append(bytes);
  if (raw_.size() > limits_.bytes) {
    fail("it is longer than " + std::to_string(limits_.bytes) + " bytes");
    return std::nullopt;
  }
  return bytes.size();
}

// The document claimed to be UTF-8 and is not: read it from its beginning as Latin-1.
std::optional<std::size_t> DocumentStream::parse_as_latin1(std::string_view bytes) {
  auto const before = raw_.size();
  std::string const whole = std::exchange(raw_, {}) + std::string(bytes);
  begin_document("ISO-8859-1");
  ++read_as_latin1_;
  auto const used = parse(whole);
  if (!used) return std::nullopt;
  return *used - before;
}

Result<Document> parse(std::string_view bytes, Limits limits) {
  std::optional<Document> found;
  bool second = false;
  DocumentStream stream(limits, [&](Document const& document) {
    second = found.has_value();
    if (!second) found = document;
  });
  if (auto read = stream.feed(bytes); !read) return std::unexpected(read.error());
  if (second) return failure(ErrorKind::malformed, "two XML documents stand where one belongs");
  if (!found || stream.inside_document())
    return failure(ErrorKind::malformed, "an XML document is missing or ends too early");
  return std::move(*found);
}

}  // namespace wardroom::xml
