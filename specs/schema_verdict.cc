// The only file that sees valijson. Compiled with VALIJSON_USE_EXCEPTIONS=1: otherwise valijson aborts the process.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "specs/schema.h"
#include "specs/schema_acceptor.h"
#include "specs/schema_expressions.h"

namespace lockstep {

namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// valijson checks `format` with std::regex, which overflows the stack on long strings. Formats are notes here, as
// draft-07 allows.
void drop_formats(Json& schema) {
  if (schema.is_array()) {
    for (Json& one : schema) drop_formats(one);
  } else if (schema.is_object()) {
    if (const auto format = schema.find("format"); format != schema.end() && format->is_string()) schema.erase(format);
    for (auto& [key, one] : schema.items())
      if (key != "enum" && key != "const" && key != "examples" && key != "default") drop_formats(one);
  }
}

// `schema` with everything its $refs need.
Json self_contained(const Json& schema, const Json& root) {
  Json whole = schema;
  if (&schema != &root && root.contains("definitions") && whole.is_object()) whole["definitions"] = root["definitions"];
  drop_formats(whole);
  return whole;
}

// Whether a place accepts the placeholder as the text that it is: most fields are texts, and widening costs time.
bool takes_placeholder(const Json& place) {
  const auto type = place.find("type");
  if (type == place.end() || place.contains("enum") || place.contains("const")) return false;
  const bool text =
      type->is_array() ? std::find(type->begin(), type->end(), "string") != type->end() : *type == "string";
  return text && place.value("minLength", std::size_t{0}) <= kExpressionPlaceholder.size() &&
         place.value("maxLength", kExpressionPlaceholder.size()) >= kExpressionPlaceholder.size();
}

void compile(const Json& schema, const Json& root, Expressions expressions, valijson::Schema& compiled) {
  Json whole = self_contained(schema, root);
  if (expressions == Expressions::accepted) {
    whole = widen_schema(whole, Json{{"const", kExpressionPlaceholder}},
                         [](const Json& place) { return !takes_placeholder(place); });
  }
  try {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(whole), compiled);
  } catch (const std::exception& error) {
    // Only our own schemas come here, and the tests compile each of them.
    throw std::logic_error(std::string("a schema of this program cannot be compiled: ") + error.what());
  }
}

// A schema, made ready for the two that judge by it. valijson's part takes milliseconds and is rarely needed: it is
// made when it is first asked for. Safe from any thread.
class CompiledSchema {
 public:
  // Both must outlive this.
  CompiledSchema(const Json& schema, const Json& root, Expressions expressions)
      : schema_(schema), root_(root), expressions_(expressions) {
    // Where texts stand for other values, valijson's schema is a wider one than an acceptor's.
    if (expressions == Expressions::literal) acceptor_.emplace(schema, root);
  }

  // False says nothing.
  [[nodiscard]] bool surely_accepts(const Json& value) const { return acceptor_ && acceptor_->accepts(value); }
  [[nodiscard]] const valijson::Schema& for_valijson() const {
    std::call_once(once_, [this] { compile(schema_, root_, expressions_, compiled_); });
    return compiled_;
  }

 private:
  const Json& schema_;
  const Json& root_;
  const Expressions expressions_;
  std::optional<SchemaAcceptor> acceptor_;
  mutable std::once_flag once_;
  mutable valijson::Schema compiled_;
};
using Compiled = std::shared_ptr<const CompiledSchema>;

bool is_embedded(const Json& root) {
  static const std::vector<std::string> names = embedded_schema_names();
  for (const std::string& name : names)
    if (embedded_schema(name) == &root) return true;
  return false;
}

// Compiled schemas of embedded files, which never move. Guarded by a lock of its own.
class Cache {
 public:
  Compiled get(const Json& schema, const Json& root, Expressions expressions) {
    const Key key{&schema, &root, expressions};
    const std::lock_guard lock(mutex_);
    const auto found = compiled_.find(key);
    if (found != compiled_.end()) return found->second;
    if (!is_embedded(root)) return nullptr;
    return compiled_[key] = std::make_shared<const CompiledSchema>(schema, root, expressions);
  }

 private:
  using Key = std::tuple<const Json*, const Json*, Expressions>;
  std::mutex mutex_;
  std::map<Key, Compiled> compiled_;
};

Compiled compiled_schema(const Json& schema, const Json& root, Expressions expressions) {
  static Cache cache;
  Compiled compiled = cache.get(schema, root, expressions);
  return compiled ? compiled : std::make_shared<const CompiledSchema>(schema, root, expressions);
}

bool valid(const valijson::Schema& schema, const Json& value) {
  try {
    valijson::Validator validator;
    return validator.validate(schema, Adapter(value), nullptr);
  } catch (const std::exception&) {
    return false;  // valijson could not judge the value, so it has not accepted it
  }
}

}  // namespace

bool schema_verdict(const Json& value, const Json& schema, const Json& root, Expressions expressions) {
  const Compiled compiled = compiled_schema(schema, root, expressions);
  if (expressions == Expressions::literal)
    return compiled->surely_accepts(value) || valid(compiled->for_valijson(), value);
  const Json masked = with_placeholders(value);
  return masked == kExpressionPlaceholder || valid(compiled->for_valijson(), masked);
}

bool valijson_verdict(const Json& value, const Json& schema, const Json& root) {
  return valid(compiled_schema(schema, root, Expressions::literal)->for_valijson(), value);
}

}  // namespace lockstep
