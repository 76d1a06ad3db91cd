"""Ctrl-C, kill and a closed terminal: each ends what is going on, and then lets the clearing up finish."""

import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_S = 0.1


class Interrupted(BaseException):
    """A signal came; `status` is what a shell expects then."""

    def __init__(self, number):
        super().__init__(number)
        self.status = 128 + number


def watch():
    """From here on a signal raises Interrupted."""
    for number in SIGNALS:
        signal.signal(number, interrupt)
    sys.unraisablehook = tell_unraisable


def ignore():
    """From here on nothing is raised: a second Ctrl-C must not stop the clearing up."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (*SIGNALS, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def leave_ctrl_c_to_prompt():
    """mininet's prompt takes Ctrl-C for the end of the command that it runs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupt(number, _frame):
    # Python swallows what is raised while it runs certain hooks, for one those around a fork: so again, until ignore().
    signal.signal(signal.SIGALRM, lambda *_: interrupt(number, None))
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    raise Interrupted(number)


def tell_unraisable(unraisable):
    """Swallowed interruptions come again, so they are not worth a trace."""
    if not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)
