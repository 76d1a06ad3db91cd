"""The command behind every script of topologies/: reads the options, runs the overlay, says what happens."""

import argparse
import errno
import os
import shlex
import shutil
import sys
import time

from . import check, interruption, machine
from .machine import MachineError
from .network import Network, address_of
from .overlay import OverlayError, read_overlay

WAIT_S = 1.0  # for one more answer: they take milliseconds, but a core or two may be busy with many servents


# Of the results: nobody reads them, the disk is full, the terminal is gone.
UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EIO)


def main(script=None):
    """Runs the overlay of the JSON file beside `script` with the same name, or without `script` of the file given."""
    sys.exit(status_of(script))


def status_of(script):
    options = parse(script)
    interruption.watch()
    try:
        status = run(options)
        sys.stdout.flush()
        return status
    except (MachineError, OverlayError) as error:
        complain(error)
        return 1
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        # Python writes what is left once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            complain(f'expected room for the results, got {error.strerror}')
        return 1
    except interruption.Interrupted as interrupted:
        interruption.ignore()
        print('interrupted', file=sys.stderr)
        return interrupted.status


def complain(what):
    print(f'{os.path.basename(sys.argv[0])}: {what}', file=sys.stderr)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as the other commands do, where argparse puts the usage before it."""

    def error(self, message):
        self.exit(2, f'{self.prog}: {message}; --help says more\n')


def parse(script):
    parser = Parser(
        description='Runs an overlay of servents on mininet hosts, and asks one of them a question. '
                    'Needs root, and Debian\'s packages mininet and bridge-utils.')
    if script is None:
        parser.add_argument('file', help='overlay to run, as topology.schema.json describes it')
    else:
        parser.set_defaults(file=os.path.splitext(os.path.abspath(script))[0] + '.json')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--cli', action='store_true', help='open mininet\'s prompt with the servents running')
    what.add_argument('--check', action='store_true',
                      help='ask every servent, and compare who answers with who is within three hops; '
                           'status 1 on a difference')
    parser.add_argument('--ask', metavar='KEY', default='ssh', help='the question [default: %(default)s]')
    parser.add_argument('--at', metavar='SERVENT', help='whom to ask [default: the first]')
    parser.add_argument('--switch', choices=('bridge', 'ovs'), default='bridge',
                        help='Linux bridge or Open vSwitch between the hosts [default: %(default)s]')
    parser.add_argument('--delays', action='store_true',
                        help='give the links the delay and loss that the file says (needs netem in the kernel)')
    parser.add_argument('--wait', metavar='SECONDS', type=seconds, default=WAIT_S,
                        help='the client\'s wait for one more answer [default: %(default)s]')
    parser.add_argument('--port', type=port, default=5000, help='UDP port of every servent [default: %(default)s]')
    parser.add_argument('--node', metavar='PATH', help='node to run the servents with [default: from the PATH]')
    return parser.parse_args()


def seconds(word):
    value = float(word)
    if not 0.01 <= value <= 3600:
        raise argparse.ArgumentTypeError(f'expected 0.01 to 3600 seconds, got "{word}"')
    return value


def port(word):
    value = int(word)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f'expected a port from 1 to 65535, got "{word}"')
    return value


def run(options):
    start = time.monotonic()
    overlay = read_overlay(options.file)
    contact = position_of(overlay, options.at)
    machine.require_root()
    machine.require_mininet()
    machine.require_tools('ip', 'tc', 'ifconfig', 'mount', 'unshare', 'ping', ('mnexec', 'mininet'))
    if options.switch == 'bridge':
        machine.require_tools(('brctl', 'bridge-utils'))
    else:
        machine.require_ovs()
    machine.require_build()
    node = machine.find_node(options.node)
    wait_s = options.wait + settle_delays(overlay, options)
    with Network(overlay, node, port=options.port, switch=options.switch, delays=options.delays) as network:
        network.serve(check.write_files(overlay, network.folder) if options.check else None)
        if options.check:
            return run_check(overlay, network, wait_s, start)
        show(overlay, network)
        if options.cli:
            return run_prompt(network)
        return run_question(network, contact, options.ask, wait_s)


def position_of(overlay, name):
    if name is None:
        return 0
    for position, servent in enumerate(overlay.servents):
        if name in (servent.name, f'h{position + 1}'):
            return position
    raise OverlayError(f'expected the name of a servent for --at, got "{name}"')


def settle_delays(overlay, options):
    """Says what becomes of the file's delays. Gives the seconds that the client must wait longer for them."""
    if not overlay.wires:
        if options.delays:
            print(f'note: the file of {overlay.name} asks for no delay or loss')
        return 0
    if not options.delays:
        print(f'note: {overlay.name} runs without the delays and losses of its file; --delays applies them')
        return 0
    directions = [direction for wire in overlay.wires for direction in (wire.forth, wire.back)]
    if options.check and any(loss for _, loss in directions):
        raise MachineError('--check cannot foretell who answers where links lose datagrams: leave out --delays')
    machine.require_netem()
    # Out along three links, back along one, and ARP before the first datagram of each.
    return 8 * max(delay for delay, _ in directions) / 1000


def run_check(overlay, network, wait_s, start):
    asked = check.questions(overlay, network.port, address_of)
    check.ask_all(network, asked, wait_s)
    network.require_alive()
    for line in check.table(overlay, asked):
        print(line)
    wrong = check.wrong_count(asked)
    total = sum(len(question.expected) for question in asked)
    print(f'{overlay.name}: {total - wrong} of {total} questions answered as predicted '
          f'({time.monotonic() - start:.1f} s)')
    return 1 if wrong else 0


def show(overlay, network):
    """Who is where, for all hosts or as many as a screen holds."""
    print(f'{overlay.name}: {len(overlay.servents)} servents, one a mininet host, on one switch')
    shown = overlay.servents[:20]
    for position, servent in enumerate(shown):
        neighbours = ' '.join(overlay.servents[there].name for there in servent.neighbours) or '-'
        print(f'  h{position + 1:<4}{network.endpoint(position):<18}{servent.name:<8}'
              f'{os.path.basename(servent.file):<26}knows {neighbours}')
    if len(shown) < len(overlay.servents):
        print(f'  ... and {len(overlay.servents) - len(shown)} more')
    sys.stdout.flush()


def run_question(network, position, key, wait_s):
    command = ['client', '--timeout', f'{wait_s:g}', f'127.0.0.1:{network.port}', key]
    print(f'\nh{position + 1}$ {" ".join(command)}', flush=True)
    status = network.popen(position, *command).wait()
    print('\n--cli opens mininet\'s prompt to ask more, --check asks every servent, --help tells the rest.')
    return status


def run_prompt(network):
    from mininet.cli import CLI

    class Prompt(CLI):
        """mininet's prompt, and a client that has the terminal to itself."""

        def do_client(self, line):
            """client <host> [key ...]: ask the host's own servent through 127.0.0.1; without a key, at a prompt"""
            try:
                name, *keys = shlex.split(line) or ['']
            except ValueError as error:
                return print(f'expected whole quotes, got {line}: {error}')
            position = next((at for at, host in enumerate(network.hosts) if host.name == name), None)
            if position is None:
                print(f'expected a host, got "{name}": client h1 ssh')
            else:
                network.call(position, 'client', f'127.0.0.1:{network.port}', *keys)

    first = '' if shutil.which('tcpdump') else ', after apt-get install tcpdump'
    print(f"""
Ask the servent of a host, at the client's prompt or at once; or any other, by address or name:
  client h1
  client h1 ssh
  h1 client h2:{network.port} ssh
See the datagrams{first}: sh tcpdump -n -i {network.net.switches[0]} udp port {network.port} &
What a servent says: h1 cat {network.log_of(0)}
exit, or Ctrl-D, ends it all.
""", flush=True)
    interruption.leave_ctrl_c_to_prompt()
    Prompt(network.net)
    return 0
