#!/bin/sh
# Is docs/ops.md up to date, and does every link between the pages lead somewhere? usage: docs.sh SIMGRAPH OPS.MD
set -eu
failed=0
if ! "$1" ops --markdown | diff "$2" - >/dev/null; then
    echo "docs/ops.md is out of date: build/simgraph ops --markdown > docs/ops.md"
    failed=$((failed + 1))
fi
top=$(dirname "$2")/..
for page in "$top"/*.md "$top"/docs/*.md "$top"/docs/*/*.md "$top"/tests/rules/*.md; do
    for link in $(grep -o '](\([^)#:]*\))' "$page" | sed 's/](\(.*\))/\1/'); do
        [ -e "$(dirname "$page")/$link" ] && continue
        echo "$page: $link leads nowhere"
        failed=$((failed + 1))
    done
done
echo "$((failed == 0)) passed, $failed failed"
[ "$failed" -eq 0 ]
