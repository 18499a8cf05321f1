#!/usr/bin/env python3
"""Every public header compiles by itself, without a warning, as C11 and as C++; a C++ program finds each function that they
declare under its C name.

usage: headers_test.py INCLUDE LIBRARY CC... [-lNAME...]        LIBRARY -: nothing is linked; NAME: what it was built with
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """
%s
typedef void (*function)();
function every[] = {%s};
int main() {
    sg_shape shape = {2, {3, 4}};
    char text[SG_SHAPE_TEXT];
    sg_error error;
    sg_diagnostics *messages = nullptr;
    if (sg_diagnostics_create(&messages, &error) != SG_OK) return 1;
    sg_diagnostics_add(messages, SG_SEVERITY_ERROR, sg_mark{nullptr, 0, 0}, 1, nullptr, "a shape of %%s",
                       sg_shape_text(&shape, 0, text));
    bool good = sg_shape_elements(&shape) == 12 && sg_diagnostics_errors(messages) == 1;
    sg_diagnostics_destroy(messages);
    return good ? 0 : 1;
}
"""


def functions(path):
    """What a header declares: names right before a bracket, outside comments and macros."""
    with open(path) as file:
        text = re.sub(r"/\*.*?\*/", "", file.read().replace("\\\n", " "), flags=re.S)
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    return sorted(set(re.findall(r"\b(sg_\w+)\(", "\n".join(lines))))


def main():
    include, library, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    optional = [word for word in rest if word.startswith("-l")]
    cc = [word for word in rest if word not in optional]
    cxx = shutil.which("g++") or shutil.which("clang++")
    warnings = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-I" + include]
    headers = sorted(os.path.relpath(path, include) for path in glob.glob(include + "/simgraph/*.h"))
    passed = failed = 0

    def run(name, command, text=None):
        nonlocal passed, failed
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        passed, failed = passed + (done.returncode == 0), failed + (done.returncode != 0)
        if done.returncode:
            print("%s:\n%s" % (name, done.stdout))

    assert len(headers) > 10
    for header in headers:
        # Twice: nothing may be defined again. A file that includes it, as a user's does.
        text = '#include "%s"\n#include "%s"\n' % (header, header)
        run(header + " as C", cc + ["-std=c11", "-x", "c", "-fsyntax-only", "-"] + warnings, text)
        if cxx:
            for standard in ("c++11", "c++20"):
                run(header + " as " + standard, [cxx, "-std=" + standard, "-x", "c++", "-fsyntax-only", "-"] + warnings, text)
    if cxx and library != "-":
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, "program")
            names = [name for header in headers for name in functions(os.path.join(include, header))]
            assert len(names) > 200
            text = PROGRAM % ("".join('#include "%s"\n' % header for header in headers),
                              ", ".join("reinterpret_cast<function>(%s)" % name for name in names))
            libraries = ["-lyaml", "-lopenblas", "-lz", "-lpng", "-lm", "-pthread"] + optional
            run("a program in C++", [cxx, "-std=c++11", "-x", "c++", "-", "-x", "none", library] + warnings + libraries +
                ["-o", program], text)
            if not failed:
                run("what it gives", [program])
    print("%d passed, %d failed" % (passed, failed))
    if not cxx:
        print("skipped: there is no C++ compiler")
    return 1 if failed else 0 if cxx else 77


sys.exit(main())
