import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OperatorError } from '../../../shared/errors';
import type { Streams } from '../../../shared/program/run-main';
import { type Output, put } from '../../../topologies/output';

const FORMS = { svg: () => '<svg/>', text: () => 'a table', json: () => '{}' };

describe('a picture goes', () => {
  for (const [where, isTTY, form, expected] of [
    ['to a terminal', true, undefined, 'a table'],
    ['into a pipe', false, undefined, '<svg/>'],
    ['to a terminal, asked for as SVG', true, 'svg', '<svg/>'],
    ['into a pipe, asked for as text', false, 'text', 'a table'],
    ['to a terminal, asked for as JSON', true, 'json', '{}'],
  ] as const) {
    it(`${where} as ${expected}`, async () => {
      expect(await printed({ form, file: undefined }, isTTY)).to.deep.equal([expected]);
    });
  }

  it('into a file as SVG, in a terminal too, and nothing is printed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
    try {
      const file = join(folder, 'a.svg');
      expect(await printed({ form: undefined, file }, true)).to.deep.equal([]);
      expect(readFileSync(file, 'utf8')).to.equal('<svg/>\n');
      expect(await printed({ form: 'text', file }, true)).to.deep.equal([]);
      expect(readFileSync(file, 'utf8')).to.equal('a table\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('nowhere when the file cannot be written, which is told', async () => {
    const failure = await printed({ form: undefined, file: '/no/such/folder/a.svg' }, true).catch((error) => error);
    expect(failure).to.be.instanceOf(OperatorError).with.property('code', 'file');
    expect(failure.message).to.include('"/no/such/folder/a.svg"');
  });
});

async function printed(output: Output<'svg' | 'text' | 'json'>, isTTY: boolean): Promise<string[]> {
  const lines: string[] = [];
  const streams = { out: (line: string) => void lines.push(line), output: { isTTY } } as unknown as Streams;
  await put(output, FORMS, streams);
  return lines;
}
