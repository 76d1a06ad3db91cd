#!/usr/bin/env bash
# Installs what mininet needs and runs the checks of four overlays on its hosts, as root on Debian. Elsewhere it says that it
# skipped them, and ends well. Other overlays: topologies/check-mininet.sh grid tree
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'mininet checks skipped: %s\n' "$1"; exit 0; }

[ -f /etc/debian_version ] || skip 'this is not Debian'
[ "$(id -u)" = 0 ] || skip 'this is not root'

missing=()
while read -r package command; do
  command -v "$command" > /dev/null || missing+=("$package")
done << 'PACKAGES'
mininet mnexec
bridge-utils brctl
iproute2 tc
iputils-ping ping
net-tools ifconfig
ethtool ethtool
PACKAGES
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } > /tmp/check-mininet-apt.$$ 2>&1 ||
    { cat "/tmp/check-mininet-apt.$$"; exit 1; }
  rm -f "/tmp/check-mininet-apt.$$"
fi
# An unprivileged container has a root that may not do this; nothing that could be installed helps.
unshare --net --mount true 2> /dev/null || skip 'root may make no network namespaces here'

overlays=("$@")
[ ${#overlays[@]} -gt 0 ] || overlays=(line ring diamond islands)
for overlay in "${overlays[@]}"; do
  timeout 300 python3 "topologies/$overlay.py" --check
done
pgrep -af 'main.js.*servent-mininet-' && { echo 'the checks left the servents above behind'; exit 1; }

# A kernel without netem must refuse delays in so many words; one with it must get the same answers.
if unshare --net tc qdisc add dev lo root netem delay 1ms 2> /dev/null; then
  timeout 300 python3 topologies/diamond.py --check --delays
else
  if refusal=$(python3 topologies/diamond.py --check --delays 2>&1); then
    echo "asked for delays that this kernel cannot give, diamond.py ran: $refusal"; exit 1
  fi
  case $refusal in
    *netem*) echo 'diamond --delays: refused, since this kernel has no netem' ;;
    *) echo "$refusal"; exit 1 ;;
  esac
fi
