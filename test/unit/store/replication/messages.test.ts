/** What is taken for a message of a replica: every field of every kind must be there and of its form, whatever else is. */

import { expect } from 'chai';
import { ENDS_MAX, readMessage } from '../../../../store/replication/messages';

/** Values that a field of each form may not have; undefined stands for a field that is missing. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  count: [undefined, null, -1, 0.5, 2 ** 53, '1'],
  text: [undefined, null, 1, ['a']],
  flag: [undefined, null, 0, 'true'],
  object: [undefined, null, 1, 'a', []],
  list: [undefined, null, 1, 'a', {}],
};

const MEMBER = { id: 'a', address: 'a:1' };
const MEMBER_FORM = { id: 'text', address: 'text' };
const CONFIGURATION = { version: 1, epoch: 1, leader: 'a', inSync: [MEMBER, { id: 'b', address: 'b:1' }] };
const CONFIGURATION_FORM = {
  configuration: 'object',
  'configuration.version': 'count',
  'configuration.epoch': 'count',
  'configuration.leader': 'text',
  'configuration.inSync': 'list',
  'configuration.inSync.1': 'object',
  'configuration.inSync.1.id': 'text',
  'configuration.inSync.1.address': 'text',
};
const POSITION = { index: 0, epoch: 0, timeUs: 0, sum: '00' };
const LINES = ['{}', '{}'];

/** One good message of each type, and the form of each of its fields; all have an epoch besides. */
const MESSAGES: readonly [message: Record<string, unknown>, forms: Readonly<Record<string, string>>][] = [
  [
    {
      type: 'join',
      member: MEMBER,
      ends: [
        { epoch: 0, last: 0 },
        { epoch: 1, last: 7 },
      ],
    },
    {
      member: 'object',
      ...prefixed('member', MEMBER_FORM),
      ends: 'list',
      'ends.1': 'object',
      'ends.1.epoch': 'count',
      'ends.1.last': 'count',
    },
  ],
  [
    { type: 'lead', configuration: CONFIGURATION, after: 0 },
    { ...CONFIGURATION_FORM, after: 'count' },
  ],
  [
    { type: 'append', lines: LINES, committed: 0, round: 0, hash: { index: 1, hash: '00' } },
    {
      lines: 'list',
      'lines.1': 'text',
      committed: 'count',
      round: 'count',
      'hash.index': 'count',
      'hash.hash': 'text',
    },
  ],
  [{ type: 'changed', configuration: CONFIGURATION }, CONFIGURATION_FORM],
  [
    { type: 'ack', index: 0, sum: '00', round: 0 },
    { index: 'count', sum: 'text', round: 'count' },
  ],
  [
    { type: 'snapshot', configuration: CONFIGURATION, position: POSITION, hash: '00' },
    {
      ...CONFIGURATION_FORM,
      position: 'object',
      ...prefixed('position', { index: 'count', epoch: 'count', timeUs: 'count', sum: 'text' }),
      hash: 'text',
    },
  ],
  [
    { type: 'lines', lines: LINES, last: false },
    { lines: 'list', 'lines.1': 'text', last: 'flag' },
  ],
  [{ type: 'taken' }, {}],
  [{ type: 'stale' }, {}],
  [{ type: 'elsewhere', leader: 'a:1' }, {}],
  [{ type: 'differs', index: 0 }, { index: 'count' }],
];

describe('a message of a replica', () => {
  for (const [fields, forms] of MESSAGES) {
    const message = { ...fields, epoch: 0 };

    it(`of type ${fields['type']} is taken as it is`, () => {
      expect(readMessage(message)).to.equal(message);
    });

    it(`of type ${fields['type']} is none when a field is missing or of another form`, () => {
      for (const [path, form] of Object.entries({ ...forms, epoch: 'count' })) {
        for (const value of WRONG[form]!) {
          const other = changed(message, path.split('.'), value);
          expect(readMessage(other), `${path}: ${JSON.stringify(value)}`).to.equal(undefined);
        }
      }
    });
  }

  it('may lack the hash of a state, and the address of a leader that is not known, but not have others in their place', () => {
    expect(readMessage({ type: 'append', epoch: 1, lines: [], committed: 0, round: 0 })).to.be.an('object');
    expect(readMessage({ type: 'append', epoch: 1, lines: [], committed: 0, round: 0, hash: '00' })).to.equal(
      undefined,
    );
    expect(readMessage({ type: 'append', epoch: 1, lines: [], committed: 0, round: 0, hash: null })).to.equal(
      undefined,
    );
    expect(readMessage({ type: 'elsewhere', epoch: 1 })).to.be.an('object');
    expect(readMessage({ type: 'elsewhere', epoch: 1, leader: 7 })).to.equal(undefined);
  });

  it('names at least one end of an epoch, and no more than there is room for', () => {
    const join = (count: number): unknown =>
      readMessage({ type: 'join', epoch: 1, member: MEMBER, ends: Array(count).fill({ epoch: 1, last: 1 }) });
    expect([0, 1, ENDS_MAX, ENDS_MAX + 1].map((count) => join(count) !== undefined)).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is of a type that there is', () => {
    for (const type of [undefined, 'taken ', 'constructor', '__proto__', ['taken'], 1]) {
      expect(readMessage({ type, epoch: 1 }), String(type)).to.equal(undefined);
    }
    for (const json of [undefined, null, 1, 'taken', ['taken']]) expect(readMessage(json)).to.equal(undefined);
  });
});

function prefixed(path: string, forms: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(forms).map(([field, form]) => [`${path}.${field}`, form]));
}

/** A copy in which one field, however deep, is another; undefined takes it out. */
function changed(within: unknown, [field, ...deeper]: readonly string[], value: unknown): unknown {
  const copy = Array.isArray(within) ? [...within] : { ...(within as Record<string, unknown>) };
  Object.assign(copy, { [field!]: deeper.length > 0 ? changed(copy[field as never], deeper, value) : value });
  return copy;
}
