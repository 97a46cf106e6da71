#!/bin/sh
# Generates everything anew and fails when a file has changed by it: then the
# committed one was not made from the committed source.
set -eu
cd "$(dirname "$0")/.."

index=$(mktemp)
trap 'rm -f "$index"' EXIT

# snapshot prints the id of a tree with every file as it is now, ignored ones
# excepted. It has an index of its own and leaves the user's alone.
snapshot() {
	cp "$(git rev-parse --git-path index)" "$index"
	GIT_INDEX_FILE=$index git add -A .
	GIT_INDEX_FILE=$index git write-tree
}

before=$(snapshot)
make -s generate
after=$(snapshot)
if [ "$before" != "$after" ]; then
	git diff-tree -r --stat "$before" "$after" >&2
	echo "check-generate: the files above are not what their sources make; commit the result of make generate" >&2
	exit 1
fi
