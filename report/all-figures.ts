/** What is drawn of each experiment, and the sentence that says what to see in it. */

import { colour, type Figure, SERIES_COLOURS, SERIES_SHAPES } from './draw-figure';
import type { Numbers } from './experiments';
import { SPREAD_OVERLAYS } from './experiments/delay-spread';
import { LOSS_CASES } from './experiments/loss';
import { FAMILY_NAMES } from './overlays';

export function figuresOf(numbers: Numbers): Figure[] {
  return [
    ttlFigure(numbers.ttl),
    degreeFigure(numbers.degree),
    sizeFigure(numbers.size),
    lossFigure(numbers.loss),
    delaySpreadFigure(numbers['delay-spread']),
    leastCostFigure(numbers['least-cost']),
  ];
}

interface Layer {
  mark: object;
  encoding: object;
}

const PANEL = { width: 330, height: 260 };

function ttlFigure(rows: Numbers['ttl']): Figure {
  const at = (overlay: string, ttl: number) => rows.find((row) => row.overlay === overlay && row.ttl === ttl)!;
  const x = { field: 'ttl', type: 'quantitative', title: 'ttl (hops)', axis: { tickMinStep: 1 } };
  const panel = (y: object) => ({
    ...PANEL,
    data: { values: rows },
    encoding: { x, y },
    layer: [
      verticalAt(3, 'the protocol'),
      where('datum.ttl >= 3', lines('overlay', FAMILY_NAMES, { strokeDash: [5, 4] })),
      where('datum.ttl <= 3', lines('overlay', FAMILY_NAMES)),
      where('datum.ttl <= 3', points('overlay', FAMILY_NAMES)),
      where('datum.ttl > 3', points('overlay', FAMILY_NAMES, { filled: false, fill: colour('ground') })),
    ],
  });
  return {
    name: 'ttl',
    title: 'Reach and cost against the ttl',
    sentence:
      'Where links are random each hop more multiplies reach and cost three- to fourfold, in a grid it adds a ring: ' +
      `of 1,024 servents with four neighbours on average, ttl 3 reaches ` +
      `${at('random regular', 3).reachedPercent.toFixed(1)} % by random links and ${at('grid', 3).reachedPercent.toFixed(1)} % in a grid; ` +
      'solid: the real servents; dashed: a breadth-first prediction of what a higher ttl would give.',
    width: 760,
    panels: [
      panel(quantity('reachedPercent', 'servents reached (% of 1,024)')),
      panel({ ...quantity('queries', 'QUERYs per question (datagrams, logarithmic)'), scale: SYMLOG, axis: LOG_AXIS }),
    ],
  };
}

function degreeFigure(rows: Numbers['degree']): Figure {
  const last = rows.at(-1)!;
  const values = rows.flatMap(({ degree, reached, queries, reachBound }) => [
    { degree, what: DEGREE_SERIES[0], count: queries },
    { degree, what: DEGREE_SERIES[1], count: reached },
    { degree, what: DEGREE_SERIES[2], count: reachBound },
  ]);
  return {
    name: 'degree',
    title: 'Reach and cost against the number of neighbours',
    sentence:
      `Reach grows with the cube of the degree until ways begin to meet, from where on QUERYs outgrow it: with ${last.degree} neighbours ` +
      `${Math.round(last.reached)} of 1,024 servents are reached by ${Math.round(last.queries)} QUERYs.`,
    width: 600,
    panels: [
      {
        ...PANEL,
        width: 560,
        data: { values },
        encoding: {
          x: {
            field: 'degree',
            type: 'quantitative',
            title: 'neighbours of each servent',
            scale: { zero: false },
            axis: { tickMinStep: 1 },
          },
          y: quantity('count', 'per question: servents, or datagrams'),
        },
        layer: [lines('what', DEGREE_SERIES), points('what', DEGREE_SERIES)],
      },
    ],
  };
}

const DEGREE_SERIES = ['QUERYs sent', 'servents reached', 'servents within reach if no ways met (at most 1,024)'];

function sizeFigure(rows: Numbers['size']): Figure {
  const last = (overlay: string) => rows.findLast((row) => row.overlay === overlay)!;
  const panel = (y: object) => ({
    ...PANEL,
    data: { values: rows },
    encoding: {
      x: {
        field: 'servents',
        type: 'quantitative',
        title: 'servents in the overlay (logarithmic)',
        scale: { type: 'log' },
        axis: LOG_AXIS,
      },
      y,
    },
    layer: [lines('overlay', FAMILY_NAMES), points('overlay', FAMILY_NAMES)],
  });
  return {
    name: 'size',
    title: 'Reach and cost against the size of the overlay',
    sentence:
      'Beyond some hundred servents (some thousand where newcomers prefer those who know many) what a question reaches and costs ' +
      'no longer grows with the overlay: of 10,000 servents with four neighbours on average it reaches ' +
      `${FAMILY_NAMES.map((name) => `${Math.round(last(name).reached)} (${name})`).join(', ')}.`,
    width: 760,
    panels: [
      panel(quantity('reached', 'servents reached')),
      panel(quantity('queries', 'QUERYs per question (datagrams)')),
    ],
  };
}

function lossFigure(rows: Numbers['loss']): Figure {
  const at = (name: string) => rows.find((row) => row.case === name && row.lossPercent === 10)!;
  const [line, one, all] = LOSS_CASES.map(at);
  const panel = (name: string, i: number) => ({
    width: 205,
    height: 260,
    title: { text: name, fontSize: 12, fontWeight: 'normal', offset: 6, anchor: 'middle' },
    data: {
      values: rows
        .filter((row) => row.case === name)
        .flatMap(({ lossPercent, oncePercent, twicePercent, onceExpected, twiceExpected }) => [
          { lossPercent, asked: LOSS_SERIES[0], share: twicePercent, expected: twiceExpected },
          { lossPercent, asked: LOSS_SERIES[1], share: oncePercent, expected: onceExpected },
        ]),
    },
    encoding: { x: { field: 'lossPercent', type: 'quantitative', title: 'loss of each datagram (%)' } },
    layer: [
      // Where there is a theory, points alone stand for what was measured.
      along(i === 0 ? 'expected' : 'share', lines('asked', LOSS_SERIES)),
      along('share', points('asked', LOSS_SERIES)),
    ],
  });
  return {
    name: 'loss',
    title: 'Answers against loss, with and without the retransmission',
    sentence:
      `Asking once more saves the question to which nothing came: at a loss of 10 % it lifts the one answer from three hops away from ` +
      `${Math.round(line!.oncePercent)} to ${Math.round(line!.twicePercent)} % in a line and from ${Math.round(one!.oncePercent)} to ${Math.round(one!.twicePercent)} % where many ways lead there; ` +
      `where all hold the key something nearly always comes, and it adds little (${Math.round(all!.oncePercent)} to ${Math.round(all!.twicePercent)} %). In the first panel the curves are theory.`,
    width: 760,
    panels: LOSS_CASES.map(panel),
  };
}

/** The same axis for whichever share is drawn. */
function along(field: string, layer: Layer): object {
  return { ...layer, encoding: { ...layer.encoding, y: percentage(field, 'answers that came (%)') } };
}

const LOSS_SERIES = ['with the retransmission', 'without'];

function delaySpreadFigure(rows: Numbers['delay-spread']): Figure {
  const bare = rows.filter(({ rule, spreadPercent }) => rule === 'bare rule' && spreadPercent === 100);
  const shares = bare.map(({ missingFloodsPercent }) => missingFloodsPercent);
  const higher = rows.filter(({ rule }) => rule === 'higher ttl');
  const worst = Math.max(...higher.map(({ missingFloodsPercent }) => missingFloodsPercent));
  const dearest = Math.max(...higher.map(({ queriesMorePercent }) => queriesMorePercent));
  const x = { field: 'spreadPercent', type: 'quantitative', title: 'spread of the links’ delays (± % of the mean)' };
  const panel = (rule: string, title: string, y: object) => ({
    ...PANEL,
    title: { text: title, fontSize: 12, fontWeight: 'normal', offset: 6, anchor: 'middle' },
    data: { values: rows.filter((row) => row.rule === rule) },
    encoding: { x, y },
    layer: [lines('overlay', SPREAD_OVERLAYS), points('overlay', SPREAD_OVERLAYS)],
  });
  return {
    name: 'delay-spread',
    title: 'Uneven delays: the bare rule against the rule of the higher ttl',
    sentence:
      `From ± 20 % on three fast hops overtake two slow ones, and under the bare rule a flood misses servents within reach: at ± 100 %, ` +
      `${Math.min(...shares)} to ${Math.max(...shares)} % of floods do; under the rule of the higher ttl ${worst === 0 ? 'none ever does' : `${worst} % do`}, ` +
      `for at most ${dearest.toFixed(1)} % more QUERYs.`,
    width: 760,
    panels: [
      panel(
        'bare rule',
        'bare rule',
        percentage('missingFloodsPercent', 'floods that miss a servent within reach (%)'),
      ),
      panel(
        'higher ttl',
        'rule of the higher ttl (it misses nobody)',
        quantity('queriesMorePercent', 'QUERYs more than with even delays (%)'),
      ),
    ],
  };
}

function leastCostFigure(rows: Numbers['least-cost']): Figure {
  const values = rows
    .toSorted((a, b) => a.queriesRatio - b.queriesRatio)
    .map((row) => ({ ...row, label: `${row.queries} sent, at least ${row.queriesLeast} needed` }));
  const least = rows.filter((row) => row.queriesRatio === 1).map(({ topology }) => topology);
  const most = rows.reduce((worst, row) => (row.queriesRatio > worst.queriesRatio ? row : worst));
  const domain = values.map(({ topology }) => topology);
  const y = { field: 'topology', type: 'nominal', title: null, scale: { domain } };
  return {
    name: 'least-cost',
    title: 'QUERYs per question against the least that could do',
    sentence:
      `Where only one way leads to each servent within three hops (${least.join(', ')}) a flood costs the least there is; ` +
      `every way more is paid for, up to ${most.queriesRatio} times the least in the ${most.topology}.`,
    width: 640,
    panels: [
      {
        width: 520,
        height: { step: 22 },
        data: { values },
        encoding: {
          y,
          x: {
            ...quantity('queriesRatio', 'QUERYs sent for each servent reached beyond the contact (1 is the least)'),
            scale: { domainMax: 7 },
            axis: { tickMinStep: 1 },
          },
        },
        layer: [
          { mark: { type: 'bar', color: colour('blue'), height: { band: 0.65 } } },
          { mark: { type: 'text', align: 'left', dx: 5 }, encoding: { text: { field: 'label' } } },
          {
            mark: { type: 'rule', color: colour('ink'), strokeDash: [4, 3] },
            encoding: { x: { datum: 1 }, y: null },
          },
        ],
      },
    ],
  };
}

const SYMLOG = { type: 'symlog' };
const LOG_AXIS = { values: [1, 10, 100, 1000, 10_000], format: ',d' };

function quantity(field: string, title: string | null): object {
  return { field, type: 'quantitative', title };
}

function percentage(field: string, title: string | null): object {
  return { ...quantity(field, title), scale: { domain: [0, 100] } };
}

/** One line for each value of a field, known by its colour, and by the shape of its points. */
function lines(field: string, domain: readonly string[], more: object = {}): Layer {
  return { mark: { type: 'line', ...more }, encoding: { color: nominal(field, domain, SERIES_COLOURS) } };
}

function points(field: string, domain: readonly string[], more: object = {}): Layer {
  const [color, shape] = [SERIES_COLOURS, SERIES_SHAPES].map((range) => nominal(field, domain, range));
  return { mark: { type: 'point', ...more }, encoding: { color, shape } };
}

function nominal(field: string, domain: readonly string[], range: readonly string[]): object {
  return { field, type: 'nominal', title: null, scale: { domain, range: range.slice(0, domain.length) } };
}

function where(filter: string, layer: object): object {
  return { transform: [{ filter }], ...layer };
}

function verticalAt(x: number, label: string): object {
  return {
    data: { values: [{ x }] },
    layer: [
      {
        mark: { type: 'rule', color: colour('dim'), strokeDash: [2, 3] },
        encoding: { x: { field: 'x', type: 'quantitative' }, y: null },
      },
      {
        mark: { type: 'text', color: colour('dim'), align: 'left', dx: 4, y: 8, text: label },
        encoding: { x: { field: 'x', type: 'quantitative' }, y: null },
      },
    ],
  };
}
