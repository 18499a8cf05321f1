#!/bin/sh
# Installs the build into a temporary directory, and compiles and runs an example against what is there.
# usage: install.sh BUILD SOURCE CC
set -eu
build=$1 source=$2
shift 2
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
DESTDIR=$top meson install -C "$build" --no-rebuild >"$top/log" 2>&1 || { cat "$top/log"; exit 1; }
pc=$(find "$top" -name simgraph.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
sed -i "s#^prefix=.*#prefix=$top$prefix#" "$pc"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # words are meant to be split
"$@" "$source/examples/build_graph.c" $(pkg-config --cflags --libs simgraph) -o "$top/build_graph"
[ "$("$top/build_graph")" = "slope 2.000, height -1.000, loss 0.000" ]
[ "$("$top$prefix/bin/simgraph" --version)" = "simgraph $(pkg-config --modversion simgraph)" ]
[ -f "$top$prefix/share/simgraph/graphs/lib/vit.yaml" ]
for file in man/man1/simgraph.1 man/man5/simgraph-graph.5 bash-completion/completions/simgraph zsh/site-functions/_simgraph \
    fish/vendor_completions.d/simgraph.fish; do
    [ -s "$top$prefix/share/$file" ]
done
echo "5 passed, 0 failed"
