// Features of a table format that a change of its columns may need (Delta Lake; the embedded engine has none). Turning
// one on upgrades the table's protocol: older readers and writers are shut out, and nothing turns it back but
// ALTER TABLE ... DROP FEATURE, which may rewrite files. So it is done only where the runbook says so.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace lockstep {

enum class TableFeature { type_widening, column_mapping, column_defaults, timestamp_ntz, variant_type };

inline constexpr std::array kTableFeatures{TableFeature::type_widening, TableFeature::column_mapping,
                                           TableFeature::column_defaults, TableFeature::timestamp_ntz,
                                           TableFeature::variant_type};

// Delta's own names, as `enable_features` takes them: "typeWidening", "columnMapping", "allowColumnDefaults",
// "timestampNtz", "variantType".
std::string_view table_feature_name(TableFeature feature);
// Exactly, case included; nothing when there is no such feature.
std::optional<TableFeature> find_table_feature(std::string_view name);

}  // namespace lockstep
