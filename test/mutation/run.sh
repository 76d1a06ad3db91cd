#!/usr/bin/env bash
# The mutation score of a program's core and what it stands on: `npm run mutation` for the servent, some ten minutes, and
# `npm run mutation:store`, whose largest files alone take nine minutes each on a busy machine; with `-- --mutate servent/core.ts`
# for a part. By unit tests alone: simulated worlds could only notice more, and take seconds for each of thousands of mutants. The
# store's tests are compiled before: whenever a mutant does not end, they are loaded anew. In a copy of the tree, for Stryker 9
# (the last for Node 20) knows mocha up to 11, and brings 200 packages that nobody else needs.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
shift
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
cp -r node_modules "$copy/node_modules"
cd "$copy"
npm install --no-save --ignore-scripts --no-audit --no-fund --legacy-peer-deps \
  @stryker-mutator/core@9.6.1 @stryker-mutator/mocha-runner@9.6.1 mocha@11.8.0
npx stryker run "test/mutation/$program.config.json" "$@"
