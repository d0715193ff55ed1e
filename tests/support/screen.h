// What a terminal shows of what was written to it.
#pragma once

#include <string>
#include <vector>

namespace test {

// The lines of a terminal that is never scrolled, without blanks at their ends. It knows carriage returns, line feeds,
// colours, which it leaves out, and erasing from the cursor on. A line that is wider than `columns` throws.
std::vector<std::string> screen(const std::string &written, std::size_t columns);

}  // namespace test
