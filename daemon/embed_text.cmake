# cmake -D FROM=file -D TO=file.cpp -D FUNCTION=name -P embed_text.cmake: a text file as a function
# that gives it, in the namespace wardroom.
file(READ ${FROM} text)
file(WRITE ${TO} "// Made from ${NAME} at build time.\n#include <string_view>\n\nnamespace wardroom {\n"
  "std::string_view ${FUNCTION}();\n"
  "std::string_view ${FUNCTION}() {\n  return R\"embedded(${text})embedded\";\n}\n}\n")
