// The screen of a terminal.
#pragma once

#include <string>
#include <vector>

namespace test {

// The lines of a terminal that does not scroll, without blanks at their ends. It knows carriage returns, line feeds and
// erasing after the cursor, and ignores colours. A line that is wider than `columns` throws.
std::vector<std::string> screen(const std::string &written, std::size_t columns);

}  // namespace test
