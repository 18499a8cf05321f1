#!/usr/bin/env python3
"""Every public header compiles by itself, without a warning, as C11 and as C++; a C++ program finds the library's functions
under their C names.

usage: headers_test.py INCLUDE LIBRARY CC...        LIBRARY -: nothing is linked
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """
%s
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


def main():
    include, library, cc = sys.argv[1], sys.argv[2], sys.argv[3:]
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
            text = PROGRAM % "".join('#include "%s"\n' % header for header in headers)
            libraries = ["-lyaml", "-lopenblas", "-lz", "-lpng", "-lm", "-pthread"]
            run("a program in C++", [cxx, "-std=c++11", "-x", "c++", "-", "-x", "none", library] + warnings + libraries +
                ["-o", program], text)
            if not failed:
                run("what it gives", [program])
    print("%d passed, %d failed" % (passed, failed))
    if not cxx:
        print("skipped: there is no C++ compiler")
    return 1 if failed else 0 if cxx else 77


sys.exit(main())
