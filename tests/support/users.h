// Tests as another user than root: the user nobody, which every system has.
#pragma once

#include <string>

#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace test {

inline constexpr unsigned nobody = 65534;

// Makes a child before its exec the user nobody.
void become_nobody();
// The same, with only the two capabilities that recording needs.
void become_capable_nobody();

// Makes a copy of the recorder with the capabilities that recording needs in the scene's directory, which then belongs
// to the user nobody. `recorder` starts that copy as nobody instead.
Start with_file_capabilities(const Scene &scene, Start recorder);

void give_to_nobody(const std::string &path);

// As started by sudo, called by the user nobody.
Start with_sudo(Start start);

// A directory of the user nobody with copies of the recorder and of a program, because other users may not enter the
// directory of the build.
class NobodysDirectory {
 public:
  explicit NobodysDirectory(const std::string &program = "");

  [[nodiscard]] const Scene &scene() const { return scene_; }
  // The recorder with these arguments, run by the user nobody.
  [[nodiscard]] Start recorder(std::vector<std::string> arguments) const;
  // Records a command with these options.
  [[nodiscard]] Document record(std::vector<std::string> options, const std::vector<std::string> &command) const;

 private:
  Scene scene_;
};

}  // namespace test
