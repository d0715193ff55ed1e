// A recording as the JSON objects of all formats, and back. All names of fields are here.
#pragma once

#include <string>
#include <string_view>

#include "document/json.h"
#include "model/recording.h"
#include "os/error.h"

namespace rusage_bpf {

inline constexpr std::string_view document_schema = "rusage-bpf/1";

// On one line. Names and arguments are UTF-8 by the rule of model/name.h.
std::string to_text(const Json &json);

// {"schema", "meta", "columns"}: known before the first row.
Json begin_json(const Recording &recording);
// {"pid", "ppid", "command", "argv", "start", "end", "exit_code", "signal", a number for each counter, "peak_rss"}.
Json process_json(const Process &process);
// {"command", "processes", a number for each counter, "peak_rss"}.
Json command_json(const Command &command);
// {"meta", "totals", "audit"}: known after the last row; `meta` continues that of the beginning.
Json end_json(const Outcome &outcome);
// Both together: the document without its samples.
Json frame_json(const Recording &recording, const Outcome &outcome);

// The ways back, for documents of this or another version. A missing object, another schema, a field of another type
// and a number out of range are errors; a missing field is unknown.
Result<Recording> recording_from(const Json &begin);
// All but the number of the row and its losses, which a sample does not have. An error names the field: "rss must be
// ...".
Result<Row> row_from(const Json &sample);
// All but forked_only, which a document does not have.
Result<Process> process_from(const Json &json);
Result<Command> command_from(const Json &json);
// All but the totals, which are the sums of the rows, and the commands.
Result<Outcome> outcome_from(const Json &end);

}  // namespace rusage_bpf
