"""What the mininet scripts work out before any host starts: reading an overlay, and foretelling who answers."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', '..', '..', 'topologies'))

from emulation.check import Question, compare, predict, table, wrong_count  # noqa: E402
from emulation.network import address_of, mac_of, quality_of  # noqa: E402
from emulation.overlay import OverlayError, overlay_from, read_overlay  # noqa: E402


def overlay(*links, count=6):
    """Servents s1 to s6, and links as (from, to, more)."""
    return overlay_from({
        'name': 'test',
        'servents': [{'name': f's{number}', 'file': '../fixtures/x.txt'} for number in range(1, count + 1)],
        'links': [{'from': link[0], 'to': link[1], **(link[2] if len(link) > 2 else {})} for link in links],
    }, '/project/topologies')


LINE = [('s1', 's2'), ('s2', 's3'), ('s3', 's4'), ('s4', 's5'), ('s5', 's6')]
ONE_WAY = {'oneWay': True}


class Reach(unittest.TestCase):
    def test_ends_three_hops_away(self):
        self.assertEqual(overlay(*LINE).hops_from(0), {0: 0, 1: 1, 2: 2, 3: 3})
        self.assertEqual(overlay(*LINE).hops_from(2), {2: 0, 1: 1, 3: 1, 0: 2, 4: 2, 5: 3})

    def test_takes_the_shortest_way_round_a_ring(self):
        self.assertEqual(overlay(*LINE, ('s6', 's1')).hops_from(0), {0: 0, 1: 1, 5: 1, 2: 2, 4: 2, 3: 3})

    def test_goes_one_way_links_one_way(self):
        links = [(*link, ONE_WAY) for link in LINE]
        self.assertEqual(overlay(*links).hops_from(0), {0: 0, 1: 1, 2: 2, 3: 3})
        self.assertEqual(overlay(*links).hops_from(5), {5: 0})


class Reading(unittest.TestCase):
    def test_names_each_neighbour_once_and_files_from_the_folder(self):
        servents = overlay(('s1', 's2'), ('s2', 's1'), ('s1', 's3', ONE_WAY)).servents
        self.assertEqual([servent.neighbours for servent in servents[:3]], [[1, 2], [0], []])
        self.assertEqual(servents[0].file, '/project/topologies/../fixtures/x.txt')

    def test_gives_both_directions_of_a_wire_their_own_delay(self):
        wires = overlay(('s2', 's1', {'delayMs': 5, **ONE_WAY}),
                        ('s1', 's2', {'delayMs': 7, 'lossPercent': 1, **ONE_WAY}),
                        ('s2', 's3', {'lossPercent': 2}), ('s3', 's4')).wires
        self.assertEqual([(wire.ends, wire.forth, wire.back) for wire in wires],
                         [((0, 1), (7, 1), (5, 0)), ((1, 2), (0, 2), (0, 2))])
        self.assertEqual(quality_of(7, 1), {'delay': '7ms', 'loss': 1})
        self.assertEqual(quality_of(0, 0), {})

    def test_refuses_in_one_sentence(self):
        for links, words in (
                ([('s1', 's9')], 'expected the name of a servent in a link, got "s9"'),
                ([('s1', 's1')], 'expected a link between two servents, got "s1" twice')):
            with self.assertRaisesRegex(OverlayError, words):
                overlay(*links)
        with self.assertRaisesRegex(OverlayError, 'at most 10 neighbours, "s1" has 11'):
            overlay(*[('s1', f's{number}') for number in range(2, 13)], count=12)

    def test_names_the_file_that_cannot_be_used(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'overlay.json')
            empty = json.dumps({'servents': []})
            for text, words in (('{', 'not JSON'), ('[]', 'not an overlay'), (empty, 'at least one')):
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(text)
                with self.assertRaisesRegex(OverlayError, f'overlay.json: .*{words}'):
                    read_overlay(path)
            with self.assertRaisesRegex(OverlayError, 'No such file'):
                read_overlay(os.path.join(folder, 'none.json'))


class Comparison(unittest.TestCase):
    expected = {'all': {'10.0.0.1:5000': 's1', '10.0.0.2:5000': 's2'}, 'far': {}}
    right = ['{"event":"answer","key":"all","value":"s2","from":"10.0.0.2:5000","ms":1}',
             '{"event":"answer","key":"all","value":"s1","from":"10.0.0.1:5000","ms":2}',
             '{"event":"summary","key":"all","answers":2,"ms":3}']

    def wrong(self, lines, status):
        question = Question(0, 1, '10.0.0.1:5000', self.expected)
        compare(question, lines, status)
        return wrong_count([question])

    def test_finds_nothing_wrong_in_what_was_foretold(self):
        self.assertEqual(self.wrong(self.right, 1), 0)

    def test_finds_what_is_missing_unforeseen_false_double_or_no_answer(self):
        for lines, status in (
                (self.right[1:], 1),
                (self.right + ['{"event":"answer","key":"far","value":"s9","from":"10.0.0.9:5000","ms":1}'], 0),
                (self.right + ['{"event":"answer","key":"all","value":"s3","from":"10.0.0.3:5000","ms":1}'], 1),
                ([self.right[0].replace('"s2"', '"s1"')] + self.right[1:], 1),
                (self.right + self.right[:1], 1),
                (self.right + ['client: trouble'], 1),
                (self.right, 0)):
            self.assertEqual(self.wrong(lines, status), 1, lines)

    def test_foretells_the_contact_on_loopback_and_the_others_at_their_addresses(self):
        foretold = predict(overlay(*LINE), 0, lambda there: '127.0.0.1:1' if there == 0 else f'{address_of(there)}:1')
        self.assertEqual(foretold['marker-of-all'],
                         {'127.0.0.1:1': 's1', '10.0.0.2:1': 's2', '10.0.0.3:1': 's3', '10.0.0.4:1': 's4'})
        self.assertEqual(foretold['marker-of-s4'], {'10.0.0.4:1': 's4'})
        self.assertEqual(foretold['marker-of-s5'], {})

    def test_shows_a_row_for_every_servent_and_every_wrong_key(self):
        question = Question(0, 1, '10.0.0.1:5000',
                            {'marker-of-all': {'a': 's1', 'b': 's2'}, 'marker-of-s2': {'b': 's2'}})
        compare(question, ['{"event":"answer","key":"marker-of-all","value":"s1","from":"a"}'], 1)
        rows = [line.split() for line in table(overlay(), [question])]
        self.assertEqual(rows[1], ['s1', '10.0.0.1:5000', 'h2', 'marker-of-all', 's1', 's2', 's1', 'WRONG'])
        self.assertEqual(rows[2], ['s1', '10.0.0.1:5000', 'h2', 'marker-of-s2', 's2', '-', 'WRONG'])


class Addresses(unittest.TestCase):
    def test_count_from_one_and_go_beyond_a_byte(self):
        self.assertEqual([address_of(0), address_of(254), address_of(255)], ['10.0.0.1', '10.0.0.255', '10.0.1.0'])
        self.assertEqual(mac_of(299), '00:00:00:00:01:2c')


if __name__ == '__main__':
    unittest.main()
