import { expect } from 'chai';
import { Ground } from '../../../conformance/ground';
import { Ports } from '../../../conformance/network/ports';
import { type GradeOptions, parseOptions } from '../../../conformance/options';

describe('the ports that a program insists on', () => {
  const sideBySide = async (...words: string[]) => {
    const parsed = await parseOptions([...words, '--', './program']);
    return 'options' in parsed && (parsed.options as GradeOptions).sideBySide;
  };

  it('let no more cases play at a time than have all the ports they may need', async () => {
    expect(await sideBySide('kv', '--ports', '10097-10099')).to.equal(1);
    expect(await sideBySide('kv', '--ports', '10097-10100')).to.equal(2);
    expect(await sideBySide('servent', '--ports', '10097-10099')).to.equal(3);
    expect(await sideBySide('kv', '--ports', '10097')).to.equal(1);
  });

  it('leave a case unplayed that needs one more', async () => {
    const ports = new Ports([10_097]);
    const terms = { words: [], stdin: '', ports, patienceMs: 1, startMs: 1, secondAddress: undefined };
    const ground = new Ground(terms);
    expect(await ground.takePort()).to.equal(10_097);
    const refusal = await ground.takePort().catch((error: Error) => error);
    expect(refusal).to.have.property('message', 'needs one port more than --ports has');
    await ground.end();
    expect(await new Ground(terms).takePort()).to.equal(10_097);
  });
});
