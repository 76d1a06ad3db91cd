"""The overlay on mininet: hosts, the switch, links with delay, and a servent running on each host."""

import glob
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from . import interruption, machine
from .machine import MachineError

SUBNET = ipaddress.ip_network('10.0.0.0/16')
HOSTS_MAX = 1000       # a Linux bridge has 1024 ports
STATIC_ARP_FROM = 30   # hosts: every pair may talk, and the kernel keeps no more than 1024 learned neighbours in all
READY_S = 60           # 200 servents start on two cores within half of that
REACH_S = 5
GOODBYE_S = 5
FOLDER_PREFIX = 'servent-mininet-'
OVS_PREFIX = 'sv'


class Network:
    """A context manager: inside it the servents run; behind it nothing is left."""

    def __init__(self, overlay, node, *, port=5000, switch='bridge', delays=False):
        self.overlay = overlay
        self.node = node
        self.port = port
        self.switch = switch
        self.delays = delays
        self.net = None
        self.folder = None
        self.servents = []
        self.started = []

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stop(half_built=True)
            raise
        return self

    def __exit__(self, *_exception):
        self._stop()

    @property
    def hosts(self):
        return self.net.hosts

    def endpoint(self, position):
        return f'{address_of(position)}:{self.port}'

    def popen(self, position, *command, **how):
        """A process on a host; it sees the commands `client` and `servent`, and no input."""
        how = {'stdin': subprocess.DEVNULL, 'stdout': None, 'stderr': None, **how}  # mininet would make pipes
        self.started.append(self.hosts[position].popen(
            *command, env=self.environment, preexec_fn=machine.die_with_parent, **how))
        return self.started[-1]

    def call(self, position, *command):
        """A command on a host that has the terminal until it ends. Gives its status."""
        return subprocess.call(['mnexec', '-a', str(self.hosts[position].pid), *command], env=self.environment)

    def serve(self, files=None):
        """Starts a servent on each host and waits until all are ready. `files`: others than the overlay's."""
        for position, servent in enumerate(self.overlay.servents):
            neighbours = [self.endpoint(there) for there in servent.neighbours]
            file = os.path.abspath(files[position] if files else servent.file)
            with open(self.log_of(position), 'wb') as log:
                self.servents.append(self.popen(
                    position, self.node, str(machine.SERVENT), '--json', str(self.port), file, *neighbours,
                    stdout=log, stderr=subprocess.STDOUT))
        deadline = time.monotonic() + READY_S
        for position in range(len(self.servents)):
            self._await_ready(position, deadline)

    def log_of(self, position):
        return os.path.join(self.folder, f'{self.hosts[position].name}.log')

    def require_alive(self):
        """Raises MachineError when a servent has ended."""
        for position, process in enumerate(self.servents):
            if process.poll() is not None:
                raise MachineError(f'the servent on {self.hosts[position]} ended with status {process.returncode}: '
                                   f'{self._last_words(position)}')

    def _start(self):
        clear_folders()
        self.folder = tempfile.mkdtemp(prefix=f'{FOLDER_PREFIX}{os.getpid()}-')
        if self.switch == 'ovs':
            clear_ovs()
        machine.leave_machine(network=self.switch == 'bridge')
        self._write_commands()
        self._write_names()
        self._build()

    def _build(self):
        # mininet is loaded here, not above: reading and predicting work without it.
        from mininet.link import TCLink
        from mininet.log import setLogLevel
        from mininet.net import Mininet
        setLogLevel('output')  # the prompt's, but not the story of the start
        # Else mininet raises limits of the whole machine, and leaves them so.
        Mininet.inited = True
        count = len(self.overlay.servents)
        if count > HOSTS_MAX:
            raise MachineError(f'expected at most {HOSTS_MAX} servents on one switch, got {count}')
        self.net = Mininet(build=False, controller=None, ipBase=str(SUBNET))
        switch = self._add_switch()
        for position in range(count):
            host = self.net.addHost(f'h{position + 1}', ip=f'{address_of(position)}/{SUBNET.prefixlen}',
                                    mac=mac_of(position))
            self.net.addLink(host, switch)
        self.net.build()
        if self.delays:
            # Behind build, which gives the hosts their addresses: routes name them.
            for wire in self.overlay.wires:
                self._lay(wire, TCLink)
        self.net.start()
        for host in self.hosts:
            host.cmd(f'export PATH={self.folder}:$PATH')
            if self.switch == 'ovs' and machine.ovs_datapath() == 'user':
                # A veth leaves UDP checksums to a card that is not there, and this datapath passes them on unfinished.
                host.cmd(f'ethtool -K {host}-eth0 tx off')
        if count > STATIC_ARP_FROM:
            self._write_arp()
        if count > 1:
            self._require_reach()

    def _add_switch(self):
        if self.switch == 'bridge':
            from mininet.nodelib import LinuxBridge
            LinuxBridge.setup()
            return self.net.addSwitch('s1', cls=LinuxBridge)
        from mininet.node import OVSSwitch
        OVSSwitch.setup()
        return self.net.addSwitch(ovs_name(os.getpid()), cls=OVSSwitch, dpid=f'{os.getpid():x}',
                                  failMode='standalone', datapath=machine.ovs_datapath())

    def _lay(self, wire, link_class):
        """A cable of their own for two hosts: what one sends to the other's address takes it, not the switch."""
        hosts = [self.hosts[position] for position in wire.ends]
        qualities = [quality_of(*wire.forth), quality_of(*wire.back)]
        link = self.net.addLink(*hosts, cls=link_class, params1=qualities[0], params2=qualities[1])
        for interface, here, there, quality in zip(
                (link.intf1, link.intf2), wire.ends, reversed(wire.ends), qualities):
            host = interface.node
            say(host, f'ip link set {interface} up')
            say(host, f'ip route add {address_of(there)}/32 dev {interface} src {address_of(here)}')
            # mininet reports what tc refuses, and goes on.
            if quality and 'netem' not in host.cmd(f'tc qdisc show dev {interface}'):
                raise MachineError(f'the kernel refused the delay of {interface}')

    def _require_reach(self):
        """One ping over the switch, so that a firewall or a dead switch is named as what it is."""
        first, last = self.hosts[0], len(self.hosts) - 1
        # Until one answer has come: a bridge takes up to a second to notice its new cables.
        said = first.cmd(f'ping -n -c 1 -i 0.2 -w {REACH_S} {address_of(last)}')
        if ' 0 received' in said or 'received' not in said:
            raise MachineError(f'{first} does not reach {self.hosts[last]} over the {self.switch} switch: '
                               f'{said.strip().splitlines()[-1]}')

    def _write_arp(self):
        """Permanent ARP entries, which the kernel's limit on learned ones does not count."""
        batch = os.path.join(self.folder, 'arp')
        for host in self.hosts:
            with open(batch, 'w', encoding='ascii') as file:
                for there, other in enumerate(self.hosts):
                    if other is not host:
                        file.write(f'neigh replace {address_of(there)} lladdr {mac_of(there)} dev {host}-eth0\n')
            say(host, f'ip -batch {batch}')

    def _write_commands(self):
        """`client` and `servent` as commands of every host; the client's history stays in the run's folder."""
        for name, script in (('client', machine.CLIENT), ('servent', machine.SERVENT)):
            path = os.path.join(self.folder, name)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(f'#!/bin/sh\nXDG_STATE_HOME="{self.folder}" exec "{self.node}" "{script}" "$@"\n')
            os.chmod(path, 0o755)
        self.environment = {**os.environ, 'PATH': f'{self.folder}:{os.environ["PATH"]}'}

    def _write_names(self):
        """Host and servent names resolve on the hosts: this run's mount namespace has an /etc/hosts of its own."""
        path = os.path.join(self.folder, 'hosts')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('127.0.0.1 localhost\n')
            for position, servent in enumerate(self.overlay.servents):
                file.write(f'{address_of(position)} h{position + 1} {servent.name}\n')
        if os.path.exists('/etc/hosts'):
            machine.run('mount', '--bind', path, '/etc/hosts')

    def _await_ready(self, position, deadline):
        while not self._is_ready(position):
            self.require_alive()
            if time.monotonic() > deadline:
                raise MachineError(f'the servent on {self.hosts[position]} was not ready within {READY_S} s')
            time.sleep(0.02)

    def _is_ready(self, position):
        with open(self.log_of(position), encoding='utf-8', errors='replace') as log:
            return any(event_of(line) == 'ready' for line in log)

    def _last_words(self, position):
        with open(self.log_of(position), encoding='utf-8', errors='replace') as log:
            return (log.read().strip().splitlines() or ['it said nothing'])[-1]

    def _stop(self, half_built=False):
        interruption.ignore()
        for process in self.started:
            process.terminate()
        deadline = time.monotonic() + GOODBYE_S
        for process in self.started:
            try:
                process.wait(max(0.01, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.net:
            try:
                self.net.stop()
            except Exception as error:  # what is left goes with the namespace, or below
                if not half_built:
                    print(f'mininet did not stop cleanly: {error!r}', file=sys.stderr)
        if self.switch == 'ovs':
            clear_ovs(own=True)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def address_of(position):
    """10.0.0.1 for the first."""
    return str(SUBNET[position + 1])


def mac_of(position):
    """00:00:00:00:00:01 for the first: easy to tell apart in a capture."""
    digits = f'{position + 1:012x}'
    return ':'.join(digits[at:at + 2] for at in range(0, 12, 2))


def say(host, command):
    """Runs a command on a host that prints nothing when it succeeds."""
    answer = host.cmd(command).strip()
    if answer:
        raise MachineError(f'"{command}" failed on {host}: {answer}')


def quality_of(delay_ms, loss_percent):
    """TCLink's parameters for one direction."""
    quality = {}
    if delay_ms:
        quality['delay'] = f'{delay_ms}ms'
    if loss_percent:
        quality['loss'] = loss_percent
    return quality


def event_of(line):
    try:
        return json.loads(line).get('event')
    except (ValueError, AttributeError):
        return None


def ovs_name(pid):
    """Bridges of Open vSwitch live outside our namespace: the name says whose. 15 characters with `-eth1000`."""
    return f'{OVS_PREFIX}{pid:x}'[:8]


def clear_folders():
    """Removes the folders that killed runs left."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), f'{FOLDER_PREFIX}*')):
        if not is_alive(os.path.basename(folder)[len(FOLDER_PREFIX):].split('-')[0], 10):
            shutil.rmtree(folder, ignore_errors=True)


def clear_ovs(own=False):
    """Removes the bridges that killed runs left in Open vSwitch, and with `own` this run's."""
    for name in machine.run('ovs-vsctl', '--timeout=5', 'list-br').split():
        mine = name == ovs_name(os.getpid())
        if name.startswith(OVS_PREFIX) and (mine if own else not is_alive(name[len(OVS_PREFIX):], 16)):
            machine.run('ovs-vsctl', '--timeout=5', 'del-br', name)


def is_alive(digits, base):
    """Whether a process has this id. What is no number is not ours to remove."""
    try:
        return os.path.exists(f'/proc/{int(digits, base)}')
    except ValueError:
        return True
