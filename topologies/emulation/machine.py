"""What the machine must offer before mininet can start: root, mininet's python, node, namespaces."""

import ctypes
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SERVENT = PROJECT / 'dist' / 'servent' / 'main.js'
CLIENT = PROJECT / 'dist' / 'client' / 'main.js'
NODE_MIN = (20, 19)
DEBIAN_PYTHON = '/usr/bin/python3'

CLONE_NEWNS = 0x00020000   # <linux/sched.h>; os.unshare needs Python 3.12
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1       # <linux/prctl.h>

_libc = ctypes.CDLL(None, use_errno=True)


class MachineError(Exception):
    """The person who started us can mend it: one line, no stack."""


def require_root():
    if os.geteuid() != 0:
        raise MachineError('mininet needs root: put sudo in front of the command')


def require_mininet():
    """Makes `import mininet` work. Debian installs it for its own python, which may not be first on the PATH."""
    try:
        import mininet.net  # noqa: F401
        return
    except ImportError as error:
        reason = error
    again = 'SERVENT_EMULATION_AGAIN'
    if again not in os.environ and os.path.exists(DEBIAN_PYTHON) and not at_home(sys.executable):
        os.environ[again] = '1'
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, '-B', *sys.argv])
    if getattr(reason, 'name', None) == 'mininet':
        raise MachineError('mininet is not installed: apt-get install mininet') from reason
    raise MachineError(f'mininet cannot be loaded by {sys.executable}: {reason}') from reason


def at_home(executable):
    return os.path.realpath(executable) == os.path.realpath(DEBIAN_PYTHON)


def require_tools(*names):
    """Each `name` is a command, or (command, Debian's package of another name)."""
    for name in names:
        command, package = name if isinstance(name, tuple) else (name, name)
        if shutil.which(command) is None:
            raise MachineError(f'{command} is not installed: apt-get install {package}')


def require_build():
    for path in (SERVENT, CLIENT):
        if not path.exists():
            raise MachineError(f'{path} is missing: npm install && npm run build')


def find_node(given=None):
    """Path of a node that is new enough. sudo resets the PATH: one that a user installed is looked for."""
    found = given or shutil.which('node') or node_of_user(os.environ.get('SUDO_USER'))
    if not found:
        raise MachineError('node is not on root\'s PATH: name it with --node "$(which node)"')
    try:
        version = subprocess.run([found, '--version'], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise MachineError(f'"{found}" does not run as node: {error}') from error
    numbers = tuple(int(digits) for digits in re.findall(r'\d+', version)[:2])
    if numbers < NODE_MIN:
        wanted = '.'.join(map(str, NODE_MIN))
        raise MachineError(f'expected node {wanted} or later, "{found}" is {version}: name another with --node')
    return os.path.abspath(found)


def node_of_user(user):
    """Newest node that nvm, or the npm packages n and volta, keep in the home of the person behind sudo."""
    if not user:
        return None
    home = Path(pwd.getpwnam(user).pw_dir)
    found = [*home.glob('.nvm/versions/node/*/bin/node'), home / 'n/bin/node', home / '.volta/bin/node']
    found = [path for path in found if path.exists()]
    found.sort(key=lambda path: [int(digits) for digits in re.findall(r'\d+', path.parts[-3])])
    return str(found[-1]) if found else None


def leave_machine(network):
    """Gives this process, and all it starts, a mount namespace of their own; with `network` a network namespace too.

    Bridges and veths then belong to it: runs side by side do not collide, the machine's firewall (docker's drops what
    crosses a bridge) does not interfere, and the kernel clears all away with the last process, even after kill -9.
    """
    if _libc.unshare(CLONE_NEWNS | (CLONE_NEWNET if network else 0)) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise MachineError(f'this machine lets root make no namespaces ({reason}): in a container, start it with '
                           '--privileged')
    run('mount', '--make-rslave', '/')
    if network:
        run('mount', '-t', 'sysfs', 'sysfs', '/sys')  # brctl looks there; it shows the namespace that mounted it
        run('ip', 'link', 'set', 'lo', 'up')
        for switch in Path('/proc/sys/net/bridge').glob('bridge-nf-call-*'):
            switch.write_text('0')  # mininet warns of it otherwise; there are no rules in here that it could apply


def require_netem():
    """Asks the kernel for one netem queue, in a namespace that ends with the question."""
    asked = subprocess.run(
        ['unshare', '--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if asked.returncode != 0:
        answer = ' '.join(asked.stdout.split()) or f'status {asked.returncode}'
        raise MachineError(f'--delays needs netem (kernel module sch_netem), and this kernel refuses it: {answer}')


def require_ovs():
    require_tools(('ovs-vsctl', 'openvswitch-switch'))
    if ovs_datapath() == 'user':
        require_tools('ethtool')
    try:
        run('ovs-vsctl', '--timeout=5', 'show')
    except MachineError as error:
        raise MachineError(f'Open vSwitch does not answer: service openvswitch-switch start ({error})') from error


def ovs_datapath():
    """The kernel's where the module is loaded, which Open vSwitch's service sees to; else the one inside its daemon."""
    return 'kernel' if os.path.exists('/sys/module/openvswitch') else 'user'


def run(*command):
    """Runs a command that must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise MachineError(f'"{" ".join(map(str, command))}" failed: {" ".join(done.stdout.split())}')
    return done.stdout


def die_with_parent():
    """For Popen's preexec_fn: the kernel ends the child when this script goes, however it goes."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
