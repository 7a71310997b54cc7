#!/usr/bin/env bash
# npm run dev: the hub from its sources, started again on change, and the page with hot reload at http://127.0.0.1:7001.
# Further arguments are the hub's flags. Ctrl-C ends both.
set -eu
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH" ANYWORK_AUTH="${ANYWORK_AUTH:-off}"
node --watch apps/server/src/main.ts "$@" &
hub=$!
trap 'kill "$hub" 2>/dev/null' EXIT
vite apps/web --port 7001 --strictPort
