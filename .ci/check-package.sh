#!/usr/bin/env bash
# Packs the package, installs it from there into a folder of its own, and uses it as a stranger would. Argument: a scratch folder.
set -euo pipefail
scratch=$1
checkout=$PWD
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$scratch")
tar -tzf "$scratch/$tarball" | sed 's|^package/||' | sort > "$scratch/files"
if grep -vE '^(dist/.*\.(js|d\.ts)|dist/man/[^/]*\.1|dist/lab/page/[^/]*\.(js|css|html)|topologies/[^/]*\.(json|py|md)|topologies/emulation/[^/]*\.py|conformance/[^/]*\.md|service/.*|wireshark/[^/]*|report/figures/[^/]*\.svg|report/screenshots/[^/]*\.png|fixtures/[^/]*\.txt|fixtures/README\.md|fixtures/COPYING\.[A-Z0-9.-]*|package\.json|[A-Z]+\.md|LICENSE)$' "$scratch/files"; then
  echo 'the package holds what no user needs (above)' >&2
  exit 1
fi
echo "$(wc -l < "$scratch/files") files"
npm install --silent --no-audit --no-fund --global --prefix "$scratch/global" "$scratch/$tarball"
export PATH="$scratch/global/bin:$PATH"
printf 'greeting hello world\n' > "$scratch/pairs.txt"
servent 0 "$scratch/pairs.txt" --bind 127.0.0.1 > "$scratch/servent.log" &
servent_pid=$!
trap 'kill "$servent_pid" 2> /dev/null || true' EXIT
for _ in $(seq 100); do
  grep -q listening "$scratch/servent.log" && break
  sleep 0.1
done
address=$(sed -nE 's/^servent listening on ([0-9.:]+),.*/\1/p' "$scratch/servent.log")
client "$address" greeting --first | grep 'hello world'
mkdir -p "$scratch/user"
cd "$scratch/user"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund "$scratch/$tarball"
node -e "const { lookup } = require('servent/client'); const { decode } = require('servent/codec'); if (!lookup || !decode) process.exit(1)"
node -e "const { lookup, startServent, decode } = require('servent'); if (!lookup || !startServent || !decode) process.exit(1)"
node --input-type=module -e "import { lookup } from 'servent'; for await (const { value } of lookup('$address', 'greeting', { count: 1 })) console.log(String(Buffer.from(value)))" | grep 'hello world'
# The types, for each way to find them, in a project that has none of Node's.
cat > user.ts <<'END'
import { DEFENCE_DEFAULTS, type DropReason, lookup, OperatorError, type OperatorErrorCode, type ServentSettings, startServent } from 'servent';
import { lookup as ask } from 'servent/client';
import { decode } from 'servent/codec';
export async function main(): Promise<string[]> {
  const settings: ServentSettings = { port: 0, pairs: new Map([['a', 'b']]), defences: { ...DEFENCE_DEFAULTS, dryRun: true } };
  await using servent = await startServent(settings);
  const reason: DropReason = 'seen';
  const code: OperatorErrorCode = new OperatorError('usage', 'x').code;
  const texts: string[] = [reason, code, decode(new Uint8Array(2)).type];
  for await (const { from } of lookup(servent.address, 'a', { count: 1 })) texts.push(from);
  for await (const { from } of ask({ host: 'localhost', port: servent.port }, 'a')) texts.push(from);
  return texts;
}
END
for way in 'node16 node16' 'esnext bundler' 'commonjs node10'; do
  read -r module resolution <<< "$way"
  printf '{"compilerOptions":{"noEmit":true,"strict":true,"target":"es2022","types":[],"lib":["es2022","dom"],"module":"%s","moduleResolution":"%s"},"files":["user.ts"]}' \
    "$module" "$resolution" > tsconfig.json
  node "$checkout/node_modules/typescript/bin/tsc" -p .
  echo "types found the way of $resolution"
done
