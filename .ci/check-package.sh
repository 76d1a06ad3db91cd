#!/usr/bin/env bash
# Packs the package, installs it from there into a folder of its own, and uses it as a stranger would. Argument: a scratch folder.
set -euo pipefail
scratch=$1
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$scratch")
tar -tzf "$scratch/$tarball" | sed 's|^package/||' | sort > "$scratch/files"
if grep -vE '^(dist/.*\.(js|d\.ts)|dist/man/[^/]*\.1|topologies/[^/]*\.(json|py|md)|topologies/emulation/[^/]*\.py|wireshark/[^/]*|report/figures/[^/]*\.svg|fixtures/[^/]*\.txt|fixtures/README\.md|fixtures/COPYING\.[A-Z0-9.-]*|package\.json|[A-Z]+\.md|LICENSE)$' "$scratch/files"; then
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
node -e "const { lookup, startServent, decode } = require('servent'); if (!lookup || !startServent || !decode) process.exit(1)"
node --input-type=module -e "import { lookup } from 'servent'; for await (const { value } of lookup('$address', 'greeting', { count: 1 })) console.log(String(Buffer.from(value)))" | grep 'hello world'
